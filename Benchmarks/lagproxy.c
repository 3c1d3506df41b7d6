// lagproxy: stands between a client and a store on this machine and makes the store seem far away.
//
//   lagproxy TARGET_PORT DELAY_MICROSECONDS
//
// listens on a free port of 127.0.0.1, prints it, and ends with its standard input. What a client sends is passed on DELAY after it came;
// what the server sends is passed on at once, through a pipe in the kernel and without being copied here. So each request costs the delay once, until the first
// byte of its answer, and neither direction has a limit of bandwidth below that of the machine (what waits is bounded by `waiting_limit` a connection).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { piece_capacity = 64 << 10, waiting_limit = 32 << 20, pipe_capacity = 1 << 20 };

typedef struct connection connection;

// Bytes on their way to the server; none at all is the end of the stream. In `delayed` they wait for their time, in `ready` for the socket.
typedef struct piece {
    struct piece *next;
    connection *owner;
    int64_t due;
    size_t length, sent;
    char bytes[];
} piece;

struct connection {
    int client, server, pipe[2];
    piece *ready, *last_ready;
    size_t waiting;            // bytes in `delayed` and `ready`
    size_t pieces;             // how many pieces refer to this connection
    size_t piped;              // bytes in the pipe
    int client_ended, server_ended, broken;
};

static int64_t delay;
static int epoll, target_port;
static piece *delayed, *last_delayed;   // in the order of their time, since the delay is one for all

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void append(piece **first, piece **last, piece *added) {
    added->next = NULL;
    if (*last) (*last)->next = added; else *first = added;
    *last = added;
}

static int would_block(void) { return errno == EAGAIN || errno == EINTR; }

// Takes what the client has sent, until its socket is empty or too much waits here.
static void receive(connection *link) {
    while (!link->client_ended && !link->broken && link->waiting < waiting_limit) {
        piece *taken = malloc(sizeof *taken + piece_capacity);
        if (!taken) { perror("lagproxy"); exit(1); }
        ssize_t length = recv(link->client, taken->bytes, piece_capacity, 0);
        if (length < 0) {
            free(taken);
            if (!would_block()) link->broken = 1;
            return;
        }
        link->client_ended = length == 0;
        taken->owner = link;
        taken->due = now() + delay;
        taken->length = (size_t)length;
        taken->sent = 0;
        link->waiting += taken->length;
        link->pieces++;
        append(&delayed, &last_delayed, taken);
    }
}

static void drop_first_ready(connection *link) {
    piece *done = link->ready;
    link->ready = done->next;
    if (!link->ready) link->last_ready = NULL;
    link->waiting -= done->length;
    link->pieces--;
    free(done);
}

// Sends what has waited long enough.
static void forward(connection *link) {
    while (link->ready && !link->broken) {
        piece *first = link->ready;
        if (first->length == 0) {
            shutdown(link->server, SHUT_WR);
        } else {
            ssize_t length = send(link->server, first->bytes + first->sent, first->length - first->sent, MSG_NOSIGNAL);
            if (length < 0) {
                if (!would_block()) link->broken = 1;
                return;
            }
            first->sent += (size_t)length;
            if (first->sent < first->length) return;
        }
        drop_first_ready(link);
    }
    receive(link);
}

// Moves answers from the server through the pipe to the client.
static void answer(connection *link) {
    for (int moved = 1; moved && !link->broken;) {
        moved = 0;
        if (!link->server_ended && link->piped < pipe_capacity) {
            ssize_t length = splice(link->server, NULL, link->pipe[1], NULL, pipe_capacity - link->piped, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
            if (length > 0) { link->piped += (size_t)length; moved = 1; }
            else if (length == 0) link->server_ended = 1;
            else if (!would_block()) link->broken = 1;
        }
        if (link->piped > 0) {
            ssize_t length = splice(link->pipe[0], NULL, link->client, NULL, link->piped, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
            if (length > 0) { link->piped -= (size_t)length; moved = 1; }
            else if (length < 0 && !would_block()) link->broken = 1;
        }
    }
    if (link->server_ended && link->piped == 0) link->broken = 1;   // answered to the end: nothing more can come of it
}

static int dial(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) {
        fcntl(descriptor, F_SETFL, O_NONBLOCK);
        return descriptor;
    }
    if (descriptor >= 0) close(descriptor);
    return -1;
}

static void watch(int descriptor, connection *link) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = link};
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void accept_all(int listener) {
    for (int client; (client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        connection *link = calloc(1, sizeof *link);
        int server = link ? dial() : -1;
        if (server < 0 || pipe2(link->pipe, O_NONBLOCK | O_CLOEXEC)) {
            close(client);
            if (server >= 0) close(server);
            free(link);
            continue;
        }
        fcntl(link->pipe[0], F_SETPIPE_SZ, pipe_capacity);
        link->client = client;
        link->server = server;
        watch(client, link);
        watch(server, link);
    }
}

// The sockets of a broken connection are closed at once; the rest stays until no delayed piece refers to it.
static void hang_up(connection *link) {
    if (link->client >= 0) {
        close(link->client); close(link->server); close(link->pipe[0]); close(link->pipe[1]);
        link->client = -1;
    }
    while (link->ready) drop_first_ready(link);
}

static void release_due(void) {
    for (int64_t time = now(); delayed && delayed->due <= time;) {
        piece *first = delayed;
        connection *link = first->owner;
        delayed = first->next;
        if (!delayed) last_delayed = NULL;
        append(&link->ready, &link->last_ready, first);
        if (link->client >= 0) forward(link);
        if (link->client < 0 || link->broken) {
            hang_up(link);
            if (link->pieces == 0) free(link);
        }
    }
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("lagproxy");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void wait_and_serve(int listener) {
    struct epoll_event events[128];
    int64_t left = delayed ? delayed->due - now() : INT64_C(1000000000);
    if (left < 0) left = 0;
    struct timespec timeout = {left / 1000000000, left % 1000000000};
    int count = epoll_pwait2(epoll, events, 128, &timeout, NULL);
    connection *gone[128];
    int gone_count = 0;
    for (int index = 0; index < count; index++) {
        connection *link = events[index].data.ptr;
        if (link == (void *)&epoll) { char byte; if (read(0, &byte, 1) <= 0) exit(0); continue; }
        if (!link) { accept_all(listener); continue; }
        if (link->client < 0) continue;      // hung up by an earlier event of this round
        receive(link);
        forward(link);
        answer(link);
        if (link->broken) { hang_up(link); gone[gone_count++] = link; }
    }
    for (int index = 0; index < gone_count; index++)
        if (gone[index]->pieces == 0) free(gone[index]);
}

int main(int count, char **arguments) {
    if (count != 3) { fprintf(stderr, "usage: lagproxy TARGET_PORT DELAY_MICROSECONDS\n"); return 64; }
    signal(SIGPIPE, SIG_IGN);     // a client that has gone is an error of splice(2)
    target_port = atoi(arguments[1]);
    delay = atoll(arguments[2]) * 1000;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on_loopback();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &epoll;
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    for (;;) {
        wait_and_serve(listener);
        release_due();
    }
}

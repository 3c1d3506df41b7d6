/// Media types and the extensions of their files: registered with IANA, or in wide use without being so (`x-`).
enum ContentTypeTable {
    /// A type and its extensions on each line.
    static let text = plain + application + media

    private static let plain = """
        text/plain txt text log conf cfg ini def list in asc env properties lst nfo
        text/html html htm shtml
        text/css css
        text/csv csv
        text/tab-separated-values tsv
        text/calendar ics ifb
        text/vcard vcf vcard
        text/markdown md markdown mkd
        text/javascript js mjs cjs
        text/x-typescript mts cts
        text/xml xml xsl xsd rng
        text/richtext rtx
        text/troff t tr roff man me ms
        text/sgml sgml sgm
        text/turtle ttl
        text/n3 n3
        text/uri-list uri uris urls
        text/vtt vtt
        text/x-c c cc cxx cpp h hh hpp hxx
        text/x-csharp cs
        text/x-java-source java
        text/x-kotlin kt kts
        text/x-scala scala
        text/x-go go
        text/x-rust rs
        text/x-swift swift
        text/x-python py pyw pyi
        text/x-perl pl pm
        text/x-ruby rb
        text/x-lua lua
        text/x-php php
        text/x-haskell hs lhs
        text/x-erlang erl hrl
        text/x-elixir ex exs
        text/x-clojure clj cljs
        text/x-lisp lisp el scm
        text/x-ocaml mli
        text/x-pascal pas
        text/x-fortran f for f77 f90 f95
        text/x-asm s asm
        text/x-makefile mk mak
        text/x-cmake cmake
        text/x-diff diff patch
        text/x-tex tex ltx sty cls bib
        text/x-rst rst
        text/x-asciidoc adoc asciidoc
        text/x-org org
        text/x-component htc
        text/x-setext etx
        text/x-scss scss
        text/x-sass sass
        text/x-less less
        text/x-vue vue
        text/jsx jsx
        text/cache-manifest appcache manifest
        application/x-sh sh bash zsh
        application/x-csh csh
        application/x-tcl tcl
        application/x-powershell ps1 psm1
        application/x-bat bat cmd

        """

    private static let application = """
        application/json json map
        application/ld+json jsonld
        application/geo+json geojson
        application/x-ndjson ndjson jsonl
        application/json5 json5
        application/manifest+json webmanifest
        application/yaml yaml yml
        application/toml toml
        application/sql sql
        application/graphql graphql gql
        application/wasm wasm
        application/xhtml+xml xhtml xht
        application/xml-dtd dtd
        application/xslt+xml xslt
        application/atom+xml atom
        application/rss+xml rss
        application/rdf+xml rdf
        application/mathml+xml mathml
        application/gpx+xml gpx
        application/vnd.google-earth.kml+xml kml
        application/vnd.google-earth.kmz kmz
        application/pdf pdf
        application/postscript ps ai eps
        application/rtf rtf
        application/epub+zip epub
        application/vnd.amazon.ebook azw
        application/x-mobipocket-ebook mobi prc
        application/oxps oxps
        application/vnd.ms-xpsdocument xps
        application/msword doc dot
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
        application/vnd.ms-word.document.macroenabled.12 docm
        application/vnd.ms-excel xls xlt xla
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
        application/vnd.ms-excel.sheet.macroenabled.12 xlsm
        application/vnd.ms-excel.sheet.binary.macroenabled.12 xlsb
        application/vnd.ms-powerpoint ppt pps pot
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
        application/vnd.openxmlformats-officedocument.presentationml.template potx
        application/vnd.ms-powerpoint.presentation.macroenabled.12 pptm
        application/vnd.ms-outlook msg
        application/vnd.ms-project mpp
        application/vnd.visio vsd vst vss
        application/vnd.ms-visio.drawing vsdx
        application/onenote one
        application/vnd.oasis.opendocument.text odt
        application/vnd.oasis.opendocument.text-template ott
        application/vnd.oasis.opendocument.spreadsheet ods
        application/vnd.oasis.opendocument.spreadsheet-template ots
        application/vnd.oasis.opendocument.presentation odp
        application/vnd.oasis.opendocument.graphics odg
        application/vnd.oasis.opendocument.formula odf
        application/vnd.oasis.opendocument.database odb
        application/vnd.apple.pages pages
        application/vnd.apple.numbers numbers
        application/vnd.apple.keynote key
        application/vnd.apple.installer+xml mpkg
        application/vnd.apple.mpegurl m3u8
        application/zip zip
        application/gzip gz tgz
        application/x-tar tar
        application/x-bzip2 bz2 tbz2
        application/x-xz xz txz
        application/zstd zst tzst
        application/x-lz4 lz4
        application/x-lzip lz
        application/x-lzma lzma
        application/x-lzop lzo
        application/x-compress z
        application/x-brotli br
        application/x-7z-compressed 7z
        application/vnd.rar rar
        application/x-ace-compressed ace
        application/x-arj arj
        application/x-lzh-compressed lzh lha
        application/x-stuffit sit
        application/x-cpio cpio
        application/x-archive a ar
        application/x-iso9660-image iso
        application/x-apple-diskimage dmg
        application/x-raw-disk-image img
        application/x-qemu-disk qcow2
        application/x-virtualbox-vdi vdi
        application/x-virtualbox-vmdk vmdk
        application/x-virtualbox-vhd vhd
        application/x-virtualbox-ova ova
        application/x-debian-package deb udeb
        application/x-rpm rpm
        application/vnd.android.package-archive apk
        application/java-archive jar war ear
        application/java-vm class
        application/vnd.microsoft.portable-executable exe dll
        application/x-msi msi
        application/x-msdos-program com
        application/x-sharedlib so
        application/x-object o
        application/x-executable elf
        application/vnd.snap snap
        application/vnd.flatpak flatpak
        application/x-python-code pyc pyo
        application/vnd.sqlite3 sqlite sqlite3 db3
        application/x-msaccess mdb accdb
        application/x-dbf dbf
        application/vnd.apache.parquet parquet
        application/vnd.apache.arrow.file arrow feather
        application/vnd.apache.arrow.stream arrows
        application/avro avro
        application/orc orc
        application/x-hdf5 h5 hdf5 he5
        application/x-hdf hdf hdf4
        application/x-netcdf nc cdf
        application/grib grib grib2 grb grb2
        application/fits fits fit fts
        application/matlab-mat mat
        application/x-ipynb+json ipynb
        application/x-protobuf pb
        application/pgp-encrypted pgp gpg
        application/pgp-signature sig
        application/pgp-keys pgpkey
        application/pkcs7-mime p7m p7c
        application/pkcs7-signature p7s
        application/pkcs8 p8
        application/pkcs10 p10 csr
        application/x-pkcs12 p12 pfx
        application/pkix-cert cer
        application/pkix-crl crl
        application/x-x509-ca-cert crt der
        application/x-pem-file pem
        application/x-bittorrent torrent
        application/x-shockwave-flash swf
        application/x-latex latex
        application/x-dvi dvi
        application/x-texinfo texinfo texi
        application/x-chess-pgn pgn
        application/x-web-app-manifest+json webapp
        application/mbox mbox
        application/dicom dcm
        application/gml+xml gml
        application/x-shapefile shp
        application/vnd.geopackage+sqlite3 gpkg
        application/vnd.mapbox-vector-tile mvt
        application/vnd.tcpdump.pcap pcap cap dmp
        application/x-pcapng pcapng
        application/x-subrip srt
        application/ttml+xml ttml
        application/dash+xml mpd
        application/vnd.ms-fontobject eot
        application/vnd.ms-cab-compressed cab
        application/vnd.ms-htmlhelp chm
        application/winhlp hlp
        application/mac-binhex40 hqx
        application/hjson hjson
        application/x-research-info-systems ris
        application/x-abiword abw
        application/x-gnumeric gnumeric
        application/x-glade glade
        application/x-font-bdf bdf
        application/x-font-pcf pcf
        application/x-font-type1 pfa pfb
        application/step step stp
        application/iges igs iges
        application/acad dwg
        application/dxf dxf
        application/x-blender blend
        application/sla stl

        """

    private static let media = """
        image/jpeg jpg jpeg jpe jfif
        image/png png
        image/apng apng
        image/gif gif
        image/webp webp
        image/avif avif
        image/heic heic
        image/heif heif
        image/jxl jxl
        image/jp2 jp2 jpg2
        image/jpx jpx jpf
        image/svg+xml svg svgz
        image/tiff tif tiff
        image/bmp bmp dib
        image/vnd.microsoft.icon ico
        image/x-icns icns
        image/vnd.adobe.photoshop psd
        image/vnd.djvu djvu djv
        image/vnd.wap.wbmp wbmp
        image/x-xcf xcf
        image/x-portable-anymap pnm
        image/x-portable-bitmap pbm
        image/x-portable-graymap pgm
        image/x-portable-pixmap ppm
        image/x-xbitmap xbm
        image/x-xpixmap xpm
        image/x-tga tga
        image/x-pcx pcx
        image/x-exr exr
        image/vnd.radiance hdr
        image/x-adobe-dng dng
        image/x-canon-cr2 cr2
        image/x-canon-cr3 cr3
        image/x-nikon-nef nef
        image/x-sony-arw arw
        image/x-olympus-orf orf
        image/x-panasonic-rw2 rw2
        image/x-fuji-raf raf
        image/ktx ktx
        image/ktx2 ktx2
        image/x-dds dds
        image/emf emf
        image/wmf wmf
        audio/mpeg mp3 mp2 mpga
        audio/mp4 m4a m4b
        audio/aac aac
        audio/ogg ogg oga spx
        audio/opus opus
        audio/flac flac
        audio/wav wav
        audio/x-aiff aif aiff aifc
        audio/basic au snd
        audio/midi mid midi kar rmi
        audio/amr amr
        audio/x-ms-wma wma
        audio/x-matroska mka
        audio/x-mpegurl m3u
        audio/x-scpls pls
        audio/x-realaudio ra ram
        audio/x-caf caf
        audio/x-ape ape
        audio/x-musepack mpc
        audio/x-wavpack wv
        audio/x-mod mod xm
        audio/ac3 ac3
        audio/vnd.dts dts
        video/mp4 mp4 m4v mp4v
        video/mpeg mpeg mpg mpe m1v m2v
        video/mp2t m2ts
        video/ogg ogv
        video/webm webm
        video/quicktime mov qt
        video/x-matroska mkv mk3d
        video/x-msvideo avi
        video/x-ms-wmv wmv
        video/x-ms-asf asf asx
        video/x-flv flv
        video/3gpp 3gp
        video/3gpp2 3g2
        video/x-mng mng
        video/x-sgi-movie movie
        video/vnd.rn-realvideo rv
        video/dv dv dif
        video/mxf mxf
        font/ttf ttf
        font/otf otf
        font/woff woff
        font/woff2 woff2
        font/collection ttc
        model/gltf+json gltf
        model/gltf-binary glb
        model/obj obj
        model/mtl mtl
        model/vrml wrl vrml
        model/x3d+xml x3d
        model/vnd.collada+xml dae
        model/3mf 3mf
        model/vnd.usdz+zip usdz
        message/rfc822 eml mht mhtml
        chemical/x-pdb pdb
        chemical/x-xyz xyz
        """
}

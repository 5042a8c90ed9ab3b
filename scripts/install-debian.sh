#!/usr/bin/env bash
# Install the Debian packages that Safelight's parts need: scripts/install-debian.sh [--list] [demo|test|docs]...
#
# With --list it prints their names and does nothing else.
# Without a group: demo. It says what it installs and why, does nothing when all is there, and needs root
# (or sudo) only when something is missing.
set -euo pipefail

# One line a package: name, then why.
runtime='python3-venv  the isolated Python environment .venv
make          make setup, make demo, make test
libseccomp2   the jail around decoders: no network
g++           compiles pdqhash, which has no binary package
python3-dev   headers for that
ca-certificates  fetching the pinned Python packages
libarchive13  opens RAR, cabinets and LZH'
demo='e2fsprogs     makes the ext4 image of the demonstration
ntfs-3g       makes the NTFS image of the demonstration (mkntfs)
wimtools      fills the NTFS image without mounting it'
test='git           the repository checks
sleuthkit     the peer that listings and contents are compared with
qemu-utils    converts images for that comparison
ewf-tools     makes E01 images
dosfstools    makes FAT images
mtools        fills FAT images without mounting them
exfatprogs    makes exFAT images
xfsprogs      makes XFS images
apfsprogs     makes empty APFS containers, and the peer that checks snapshots (apfsck)
xorriso       makes ISO 9660 images
p7zip-full    makes 7z archives
zip           makes ZIP archives
zstd          unpacks compressed test images
xz-utils      makes xz archives
chromium      looks at the HTML report, wide and narrow
openssl       the peer of the digest benchmark
strace        proves that evidence is opened read-only; lets reads fail as a bad sector makes them
ffmpeg        makes films and animations
libjxl-tools  makes JPEG XL pictures (cjxl)
libimage-exiftool-perl  writes previews and films into pictures, and the peer that names them
libjpeg-turbo-progs  makes JPEGs of every kind (cjpeg, jpegtran)
mpack         makes e-mails with attachments
sharutils     makes uuencoded attachments
tnef          the peer of winmail.dat
img2pdf       makes PDFs of pictures
qpdf          makes encrypted and linear PDFs
ghostscript   makes PDFs
poppler-utils the peer of pictures in PDFs
testdisk      the peer of carving (PhotoRec)
cpio          makes cpio archives
gcab          makes cabinets
jlha-utils    makes LZH archives
arj           makes ARJ archives
ncompress     makes .Z files
lvm2          makes the metadata of volume groups
parted        makes Apple partition maps
genisoimage   makes UDF
udftools      makes empty UDF volumes
cryptsetup-bin  makes LUKS volumes
dislocker     the peer of BitLocker
gnupg         makes files that are named as locked
age           the same
sqlcipher     makes encrypted databases
sqlite3       makes databases
libtiff-tools  makes TIFF files of several pages and codings (tiffcp)
imagemagick   makes pictures in rare codings
icoutils      makes Windows icons
icnsutils     makes Apple icons
libopenjp2-tools  makes JPEG 2000
jbig2dec      the peer of JBIG2
libheif-examples  makes HEIC with several pictures
f2fs-tools    makes empty F2FS volumes'

usage() {
  echo "usage: scripts/install-debian.sh [--list] [demo|test|docs]..." >&2
  exit 2
}

list=
if [ "${1:-}" = --list ]; then
  list=yes
  shift
fi
wanted=$runtime
for group in "${@:-demo}"; do
  case $group in
    demo) wanted+=$'\n'$demo ;;
    test) wanted+=$'\n'$demo$'\n'$test ;;
    docs) ;; # the documentation is built by Python packages alone
    *) usage ;;
  esac
done

if [ -n "$list" ]; then
  awk '{ print $1 }' <<<"$wanted" | sort -u
  exit 0
fi

if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian system. Install what these Debian packages hold by your own means:" >&2
  awk '{ print "  " $0 }' <<<"$wanted" | sort -u >&2
  exit 1
fi

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# A Python from elsewhere (pyenv) brings its own venv module; git and make may come from elsewhere too.
there() {
  installed "$1" && return 0
  case $1 in
    python3-dev) python3 -c 'import sys, sysconfig, pathlib as p
sys.exit(not (p.Path(sysconfig.get_path("include")) / "Python.h").is_file())' 2>/dev/null ;;
    python3-venv) python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ;;
    make | g++ | git | zip | zstd | openssl) command -v "$1" >/dev/null ;;
    *) return 1 ;;
  esac
}

missing=()
while read -r name why; do
  if ! there "$name"; then
    missing+=("$name")
    printf 'needed: %-16s %s\n' "$name" "$why"
  fi
done < <(sort -u <<<"$wanted")

if [ ${#missing[@]} -eq 0 ]; then
  echo "All Debian packages are there."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
  else
    echo "Installing them needs root. As root, run:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi

export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "Installed: ${missing[*]}"

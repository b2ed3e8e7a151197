//! Attachments: what they are said to be, and what they are.
//!
//! Only the first octets are ever decoded: enough to tell a PDF from a picture.

use super::super::catalogue::Code;
use super::super::finding::{Finding, Level};
use super::super::leaf::Leaf;
use super::super::value::is_base64;
use super::way::{Lacks, Way};
use super::whole::Judge;
use super::{Strictness, shown};

/// The largest attachment that a letter should carry, in octets: with it, a
/// letter has some 10 MiB, which is where many mail servers stop.
const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// How many letters of base64 are decoded to see what an attachment is.
const HEAD: usize = 4096;

//------------ Kind ----------------------------------------------------------

/// What an attachment can be told to be by its first octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Gif,
    Jpeg,
    /// The older files of an office suite.
    Office,
    Pdf,
    Png,
    /// Text, XML and HTML: which of them, no octet says for certain.
    Text,
    Tiff,
    /// A ZIP archive, which documents of today's office suites are too.
    Zip,
}

impl Kind {
    /// What a media type promises; absent for one that says nothing that the
    /// first octets could prove wrong.
    fn promised(media_type: &str) -> Option<Kind> {
        let small = media_type.to_ascii_lowercase();
        let name = small.split(';').next().unwrap_or_default().trim();
        match name {
            "application/pdf" | "application/x-pdf" => Some(Kind::Pdf),
            "image/png" | "image/x-png" => Some(Kind::Png),
            "image/jpeg" | "image/jpg" | "image/pjpeg" => Some(Kind::Jpeg),
            "image/gif" => Some(Kind::Gif),
            "image/tiff" | "image/tif" => Some(Kind::Tiff),
            "application/msword"
            | "application/vnd.ms-excel"
            | "application/vnd.ms-powerpoint"
            | "application/vnd.ms-outlook"
            | "application/x-ole-storage" => Some(Kind::Office),
            "application/zip" | "application/x-zip-compressed" => Some(Kind::Zip),
            "application/xml" | "application/json" => Some(Kind::Text),
            _ if name.starts_with("text/") || name.ends_with("+xml") => Some(Kind::Text),
            _ if name.starts_with("application/vnd.openxmlformats-officedocument.")
                || name.starts_with("application/vnd.oasis.opendocument.") =>
            {
                Some(Kind::Zip)
            }
            _ => None,
        }
    }

    /// What the end of a file's name promises.
    fn named(filename: &str) -> Option<Kind> {
        let (_, ending) = filename.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "pdf" => Some(Kind::Pdf),
            "png" => Some(Kind::Png),
            "jpg" | "jpeg" => Some(Kind::Jpeg),
            "gif" => Some(Kind::Gif),
            "tif" | "tiff" => Some(Kind::Tiff),
            "doc" | "xls" | "ppt" | "msg" => Some(Kind::Office),
            "zip" | "docx" | "xlsx" | "pptx" | "odt" | "ods" => Some(Kind::Zip),
            "txt" | "csv" | "xml" | "htm" | "html" | "json" => Some(Kind::Text),
            _ => None,
        }
    }

    /// What the first octets are; absent if they do not tell.
    fn of(octets: &[u8]) -> Option<Kind> {
        let found = infer::get(octets).and_then(|found| Kind::promised(found.mime_type()));
        // UTF-16 has its mark, other text no NUL.
        let is_wide = octets.starts_with(b"\xff\xfe") || octets.starts_with(b"\xfe\xff");
        found.or_else(|| (is_wide || !octets.contains(&0)).then_some(Kind::Text))
    }

    fn words(self) -> &'static str {
        match self {
            Kind::Gif => "a GIF",
            Kind::Jpeg => "a JPEG",
            Kind::Office => "an older office document",
            Kind::Pdf => "a PDF",
            Kind::Png => "a PNG",
            Kind::Text => "text",
            Kind::Tiff => "a TIFF",
            Kind::Zip => "a ZIP archive, or a document in one",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Kind::Gif => "image/gif",
            Kind::Jpeg => "image/jpeg",
            Kind::Office => "application/msword",
            Kind::Pdf => "application/pdf",
            Kind::Png => "image/png",
            Kind::Text => "text/plain",
            Kind::Tiff => "image/tiff",
            Kind::Zip => "application/zip",
        }
    }
}

//------------ Rules ---------------------------------------------------------

/// Judges an attachment, which `way` leads to.
pub(super) fn judge(judge: &mut Judge<'_>, leaf: &Leaf, way: &Way<'_>) {
    let filename = leaf.attribute("filename").filter(|name| !name.is_empty());
    let media_type = leaf.attribute("mimeCode").filter(|name| !name.is_empty());
    if let Some(why) = filename.and_then(unsafe_name) {
        let name = filename.unwrap_or_default();
        let words = format!("the file's name {} {why}", shown(name));
        let remedy = "write a name alone, as report.pdf";
        judge.tell(way, Code::AttachmentNameUnsafe, words, remedy);
    }
    if leaf.text.is_empty() {
        // A file may lie elsewhere.
        if leaf.attribute("uri").is_none() {
            let words = "the attachment holds nothing".to_owned();
            judge.tell(way, Code::AttachmentEmpty, words, "encode the file, or leave it out");
        }
        return;
    }
    let size = leaf.text.len() / 4 * 3;
    if size > SIZE_LIMIT {
        let words = format!("the attachment has {size} octets, and the letter many more");
        let remedy = "send a smaller file: letters above 10 MiB do not reach everybody";
        let level = match judge.strictness {
            Strictness::Received => Level::Info,
            Strictness::Submission => Level::Warning,
        };
        let finding = Finding::new(Code::AttachmentTooLarge, "", words, remedy);
        judge.push(way, Lacks::Nothing, finding.at_level(level));
    }
    if let Some(other) = media_type.filter(|name| !is_media_type(name)) {
        let words = format!("{} is no media type", shown(other));
        judge.tell(way, Code::AttachmentTypeUnknown, words, "write one, as application/pdf");
        return;
    }
    let promised = match media_type {
        Some(media_type) => Kind::promised(media_type),
        None => filename.and_then(Kind::named),
    };
    let found = head(&leaf.text).as_deref().and_then(Kind::of);
    if media_type.is_none() && promised.is_none() {
        undeclared(judge, leaf, found, way);
    } else if let Some(promised) = promised
        && found != Some(promised)
        // What is no base64 is told as that.
        && is_base64(&leaf.text)
    {
        let said = media_type.or(filename).unwrap_or_default();
        let is = found.map_or("something else", Kind::words);
        let words = format!("the attachment is said to be {}, and is {is}", shown(said));
        let remedy = match found {
            Some(found) => format!("write {}, or attach the file meant", found.media_type()),
            None => "write its true type, or attach the file meant".to_owned(),
        };
        judge.tell(way, Code::AttachmentTypeDiffers, words, remedy);
    } else if media_type.is_none() {
        type_missing(judge, Level::Info, promised, way);
    }
    if filename.is_none() && media_type.is_some() {
        let words = "the attachment has no file name".to_owned();
        judge.tell(way, Code::AttachmentNameMissing, words, "write filename, as report.pdf");
    }
}

/// Neither the media type nor the file's name says what it is.
fn undeclared(judge: &mut Judge<'_>, leaf: &Leaf, found: Option<Kind>, way: &Way<'_>) {
    if is_base64(&leaf.text) {
        type_missing(judge, Level::Warning, found, way);
    }
}

fn type_missing(judge: &mut Judge<'_>, level: Level, meant: Option<Kind>, way: &Way<'_>) {
    let remedy = match meant {
        Some(kind) => format!("write mimeCode=\"{}\"", kind.media_type()),
        None => "write mimeCode, as application/pdf".to_owned(),
    };
    let words = "the attachment does not say what it is: mimeCode is missing";
    let finding = Finding::new(Code::AttachmentTypeMissing, "", words, remedy);
    judge.push(way, Lacks::Nothing, finding.at_level(level));
}

/// The first octets of an attachment, if they can be decoded.
fn head(text: &str) -> Option<Vec<u8>> {
    let end = if text.len() > HEAD { HEAD } else { text.len() };
    data_encoding::BASE64.decode(text.as_bytes().get(..end)?).ok()
}

/// Why a file should not bear such a name.
fn unsafe_name(name: &str) -> Option<&'static str> {
    // What turns the order of letters around makes `exe.pdf` of `fdp.exe`.
    let turns = |letter| matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if name.contains(['/', '\\']) {
        Some("is a path")
    } else if name.chars().any(char::is_control) || name.chars().any(turns) {
        Some("has control characters")
    } else if matches!(name, "." | "..") {
        Some("names a folder")
    } else {
        None
    }
}

/// Whether a text has the form of a media type (RFC 6838, section 4.2).
fn is_media_type(text: &str) -> bool {
    let name = text.split(';').next().unwrap_or_default().trim();
    let part = |part: &str| {
        let letter = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&octet);
        (1..=127).contains(&part.len()) && part.bytes().all(letter)
    };
    name.split_once('/').is_some_and(|(kind, sub)| part(kind) && part(sub))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_octets_tell() {
        for (octets, kind) in [
            (&b"%PDF-1.7\n"[..], Some(Kind::Pdf)),
            (b"\x89PNG\r\n\x1a\n\0\0", Some(Kind::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(Kind::Jpeg)),
            (b"GIF87a\x40\x01", Some(Kind::Gif)),
            (b"II*\0\x08\0\0\0\0\0\0\0", Some(Kind::Tiff)),
            (b"PK\x03\x04\x14\0\0\0", Some(Kind::Zip)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", Some(Kind::Office)),
            (b"<?xml version=\"1.0\"?><a/>", Some(Kind::Text)),
            (b"Dear colleagues", Some(Kind::Text)),
            (b"\xff\xfeD\0e\0a\0r\0", Some(Kind::Text)),
            (b"\0\x01\x02\x03", None),
        ] {
            assert_eq!(Kind::of(octets), kind, "{octets:?}");
        }
    }

    /// Whatever stands first, cut wherever: nothing breaks.
    #[test]
    fn no_octets_break_it() {
        let starts: [&[u8]; 6] = [
            b"PK\x03\x04",
            b"\xef\xbb\xbf<?xml",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"RIFF",
            b"%PDF",
            b"ftyp",
        ];
        for start in starts {
            for filler in [0_u8, b' ', b'A', 0xff] {
                let mut octets = start.to_vec();
                for length in 0..80 {
                    octets.resize(start.len() + length, filler);
                    Kind::of(&octets);
                }
                octets.resize(6000, filler);
                Kind::of(&octets);
            }
            for end in 0..start.len() {
                Kind::of(&start[..end]);
            }
        }
    }

    #[test]
    fn names_and_types() {
        for name in ["report.pdf", "Bericht 2026.pdf", "报告.pdf", ".hidden", "a..b"] {
            assert_eq!(unsafe_name(name), None, "{name}");
        }
        for name in ["a/b.pdf", "C:\\b.pdf", "..", "a\nb", "fdp\u{202e}exe.pdf"] {
            assert!(unsafe_name(name).is_some(), "{name}");
        }
        for good in ["application/pdf", "text/plain; charset=utf-8", "image/svg+xml"] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in ["PDF", "application", "application/", "/pdf", "a b/c"] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}

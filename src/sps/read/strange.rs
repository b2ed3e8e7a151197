//! What the schema has no place for: it is kept as it was written, and told.

use quick_xml::events::BytesStart;

use super::super::canon::Capture;
use super::super::name::{Name, Namespace};
use super::super::{ACK, RAM, RSM, UDT};
use super::open::attributes;
use super::{Reader, cut, table};
use crate::certificate::Finding;
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Element, Shape};
use crate::certificate::likeness::meant;

/// What to do about an element of which nothing better is known.
const REMEDY: &str = "write it where the schema has it, or leave it out";

/// What to do about one in another namespace, which is to follow.
const NAMESPACE: &str = "write it in the namespace";

/// Why an element has no place, and what to do about it.
struct Strange {
    code: Code,
    words: String,
    remedy: String,
}

impl Reader<'_> {
    /// An element that the schema does not have here.
    #[cold]
    pub(super) fn stranger(
        &mut self,
        at: usize,
        position: u32,
        name: &Name<'_>,
        start: &BytesStart<'_>,
    ) {
        let strange = if name.namespace == Namespace::Dsig && name.local() == "Signature" {
            Strange {
                code: Code::SignaturePresent,
                words: "the document bears an XML signature, which was not verified".to_owned(),
                remedy: "nothing: the letter's own signature is what was proven".to_owned(),
            }
        } else if !self.is_full() {
            self.strange(name)
        } else {
            // It is counted, and not told.
            Strange { code: Code::ElementUnknown, words: String::new(), remedy: String::new() }
        };
        if strange.code == Code::RootVersion {
            self.tell(at, strange.code, strange.words, &strange.remedy);
            self.is_other_version = true;
            self.keep(at, name, start);
        } else {
            self.beyond(at, position, strange, name, start);
        }
    }

    /// One more of an element that stands once, and is there.
    #[cold]
    pub(super) fn again(
        &mut self,
        at: usize,
        position: u32,
        element: &Element,
        name: &Name<'_>,
        start: &BytesStart<'_>,
    ) {
        let (code, remedy) = match element.name {
            "SPSConsignment" => (Code::ConsignmentTwo, "issue a certificate for each consignment"),
            _ => (Code::ElementRepeated, "write it once"),
        };
        let words = format!("{} stands here once more than the schema allows", element.name);
        let strange = Strange { code, words, remedy: remedy.to_owned() };
        self.beyond(at, position, strange, name, start);
    }

    fn strange(&self, name: &Name<'_>) -> Strange {
        let local = cut(name.local());
        let unknown =
            |words: String, remedy: String| Strange { code: Code::ElementUnknown, words, remedy };
        let no_such = || format!("the schema has no {local} here");
        let Some(open) = self.opens.last() else { return unknown(no_such(), REMEDY.to_owned()) };
        let wanted = match &self.leaf {
            Some(leaf) if !spells(leaf.shape, name.local()) => {
                let words = no_such();
                return unknown(words, "write the value alone, without elements in it".to_owned());
            }
            Some(_) if name.namespace == Namespace::Udt => {
                let words = format!("{local} stands here once more than the schema allows");
                let remedy = "write the value once".to_owned();
                return Strange { code: Code::ElementRepeated, words, remedy };
            }
            Some(_) => UDT.to_owned(),
            None if open.node.of().element(name.local()).is_some() => {
                open.namespace().as_str().to_owned()
            }
            None => return unknown(no_such(), self.meant(name.local())),
        };
        let found = name.namespace.as_str();
        let remedy = format!("{NAMESPACE} {wanted}");
        if is_other_version(found) && self.is_first(&wanted) {
            let words = format!("{local} is of another version: its namespace is {}", cut(found));
            return Strange { code: Code::RootVersion, words, remedy };
        }
        let words = match found {
            "" => format!("{local} stands in no namespace, and not in {wanted}"),
            _ => format!("{local} stands in the namespace {}, and not in {wanted}", cut(found)),
        };
        unknown(words, remedy)
    }

    /// Whether nothing has been read so far of the namespace `wanted`, below the
    /// parts of the root.
    fn is_first(&self, wanted: &str) -> bool {
        match wanted {
            UDT => !self.has_udt,
            _ => self.opens.len() == 2 && self.opens.iter().all(|open| open.node.is_empty()),
        }
    }

    /// Of a document that has all below its parts in another namespace, what
    /// is told instead of all that it seems to lack.
    pub(super) fn elsewhere(&self) -> Option<Finding> {
        if self.has_ram {
            return None;
        }
        let mut moved = self.findings.iter().filter(|told| told.remedy.starts_with(NAMESPACE));
        let first = moved.next()?;
        // One that stands alone is that one's fault.
        moved.next()?;
        let words = match first.words.split_once(": ") {
            Some((_missing, why)) if first.code == Code::ElementMissing => why,
            Some(_) | None => &first.words,
        };
        let words = format!("{words}, and so does all beside it");
        let finding = Finding::new(Code::RootVersion, &*first.path, words, &*first.remedy);
        Some(match (first.line, first.column) {
            (Some(line), Some(column)) => finding.at_place(line, column),
            _ => finding,
        })
    }

    /// What to do about an element of which no type here has the name.
    fn meant(&self, local: &str) -> String {
        let Some(open) = self.opens.last() else { return REMEDY.to_owned() };
        let rows = open.node.of().elements.iter().zip(0u8..);
        let free = rows.filter(|(element, row)| element.occurs.repeats() || !open.node.holds(*row));
        if let Some(meant) = meant(local, free.map(|(element, _)| element.name)) {
            return format!("did you mean {meant}?");
        }
        let mut types = table::TYPES.iter().filter(|of| of.element(local).is_some());
        match (types.next(), types.next()) {
            (Some(of), None) => {
                format!("write it where the schema has it, in {}", of.root_name())
            }
            (Some(_), Some(_)) | (None, _) => REMEDY.to_owned(),
        }
    }

    /// Tells of an element that has no place here, and begins to keep it.
    fn beyond(
        &mut self,
        at: usize,
        position: u32,
        strange: Strange,
        name: &Name<'_>,
        start: &BytesStart<'_>,
    ) {
        let finding = Finding::new(strange.code, "", strange.words, strange.remedy);
        self.push_by(at, finding, |reader| {
            format!("{}/{}[{position}]", reader.path(), cut(name.local()))
        });
        self.keep(at, name, start);
    }

    fn keep(&mut self, at: usize, name: &Name<'_>, start: &BytesStart<'_>) {
        self.beyond.push(at);
        let mut capture = Capture::default();
        let attributes: Vec<_> = attributes(&self.bindings, start).collect();
        capture.start(name, &attributes);
        self.capture = Some(capture);
        self.keep_in_bounds();
    }

    pub(super) fn keep_in_bounds(&mut self) {
        if let Some(capture) = &mut self.capture
            && capture.len() > self.room
        {
            capture.drop_text();
            if self.room > 0 {
                self.room = 0;
                let words = "there is too much that the schema does not know to keep it all";
                let at = self.opens.last().map_or(0, |open| open.place.at);
                self.tell(at, Code::ElementTooMuch, words.to_owned(), "leave it out");
            }
        }
    }
}

/// Whether an element spells a value of this shape.
fn spells(shape: Shape, local: &str) -> bool {
    match shape {
        Shape::DateTime => matches!(local, "DateTime" | "DateTimeString"),
        Shape::Indicator => matches!(local, "Indicator" | "IndicatorString"),
        _ => false,
    }
}

/// Whether a namespace is of ours, but for its version.
fn is_other_version(namespace: &str) -> bool {
    let Some((family, version)) = namespace.rsplit_once(':') else { return false };
    let ours = [ACK, RAM, RSM, UDT].map(|ours| ours.rsplit_once(':'));
    version.parse::<u32>().is_ok()
        && ours.into_iter().flatten().any(|(known, ours)| known == family && ours != version)
}

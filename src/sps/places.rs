//! Where elements stand in a document, and which of them are written empty.
//!
//! A tree keeps neither, and most documents are never asked: a second pass is
//! made only where there is something to tell of octets that go as they are.

use std::collections::HashMap;

use quick_xml::Reader as Tokens;
use quick_xml::events::{BytesStart, Event};

use super::gate;
use super::octets::SpsOctets;
use crate::certificate::element::{Kind, Shape, Type};
use crate::certificate::value::is_blank;
use crate::certificate::{Finding, table};

//------------ Empty ---------------------------------------------------------

/// A value that is written without a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Empty {
    pub shape: Shape,
    /// The local name.
    pub name: &'static str,
    /// The way to it, as findings write it.
    pub path: String,
}

/// Every value of the schema that a document has without a text, in order. The
/// octets have passed the gate.
pub fn empties(octets: &SpsOctets<'_>) -> Vec<Empty> {
    let mut found = Vec::new();
    pass(octets, |path, frame| {
        if let Some((name, shape)) = frame.value.filter(|_| !frame.says_something) {
            found.push(Empty { shape, name, path: path.to_owned() });
        }
    });
    found
}

/// Gives every finding without a place the place of what its path leads to; what
/// is missing is placed where it is missing from. The octets have passed the gate.
pub fn locate(octets: &SpsOctets<'_>, findings: &mut [Finding]) {
    if findings.iter().all(|finding| finding.line.is_some()) {
        return;
    }
    let paths = findings.iter().filter(|finding| finding.line.is_none());
    let mut wanted: HashMap<String, Option<usize>> = paths
        .flat_map(|finding| [finding.path.as_str(), above(&finding.path)])
        .map(|path| (path.to_owned(), None))
        .collect();
    pass(octets, |path, frame| {
        if let Some(place) = wanted.get_mut(path) {
            *place = Some(frame.at);
        }
    });
    let at = |path: &str| wanted.get(path).copied().flatten();
    for finding in findings.iter_mut().filter(|finding| finding.line.is_none()) {
        if let Some(at) = at(&finding.path).or_else(|| at(above(&finding.path))) {
            let (line, column) = gate::place(text_of(octets).as_bytes(), at);
            *finding = finding.clone().at_place(line, column);
        }
    }
}

/// The path of the element around the one that `path` leads to.
fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

//------------ Pass ----------------------------------------------------------

/// An element that is open.
struct Frame {
    /// Where its start tag begins.
    at: usize,
    /// How long the path was before it.
    before: usize,
    /// Its type, if it holds elements.
    of: Option<&'static Type>,
    /// Its name and shape, if it is a value of the schema.
    value: Option<(&'static str, Shape)>,
    says_something: bool,
    /// How many children of each name it has had.
    counts: HashMap<String, u32>,
}

/// Calls `each` with the path of every element when it ends. Without recursion;
/// the gate has bounded the depth.
fn pass(octets: &SpsOctets<'_>, mut each: impl FnMut(&str, &Frame)) {
    let mut tokens = Tokens::from_str(text_of(octets));
    tokens.config_mut().check_end_names = false;
    let mut path = String::new();
    let mut frames: Vec<Frame> = Vec::new();
    loop {
        let at = usize::try_from(tokens.buffer_position()).unwrap_or(usize::MAX);
        match tokens.read_event() {
            Ok(Event::Start(start)) => open(&mut frames, &mut path, at, &start),
            Ok(Event::Empty(start)) => {
                open(&mut frames, &mut path, at, &start);
                close(&mut frames, &mut path, &mut each);
            }
            Ok(Event::End(_)) => close(&mut frames, &mut path, &mut each),
            Ok(Event::Text(text)) if text.chars().all(is_blank) => {}
            Ok(Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)) => {
                if let Some(frame) = frames.last_mut() {
                    frame.says_something = true;
                }
            }
            Ok(Event::Comment(_) | Event::Decl(_) | Event::DocType(_) | Event::PI(_)) => {}
            // The gate is stricter than the tokenizer: after it there is no fault.
            Ok(Event::Eof) | Err(_) => return,
        }
    }
}

fn open(frames: &mut Vec<Frame>, path: &mut String, at: usize, start: &BytesStart<'_>) {
    let written = start.name().into_inner();
    let local = written.rsplit_once(':').map_or(written, |(_, local)| local);
    let before = path.len();
    let mut frame =
        Frame { at, before, of: None, value: None, says_something: false, counts: HashMap::new() };
    let Some(parent) = frames.last_mut() else {
        path.push('/');
        path.push_str(local);
        frame.of = [&table::CERTIFICATE, &table::ACKNOWLEDGEMENT]
            .into_iter()
            .find(|of| of.root_name() == local);
        frames.push(frame);
        return;
    };
    // The child of a date or an indicator stands for it.
    if parent.value.is_none() {
        let count = parent.counts.entry(local.to_owned()).or_default();
        *count += 1;
        path.push('/');
        path.push_str(local);
        if *count > 1 || !parent.of.is_some_and(Type::is_root) {
            path.push_str(&format!("[{count}]"));
        }
        let element = parent.of.and_then(|of| of.element(local)).map(|(_, element)| element);
        match element.map(|element| (element.name, &element.kind)) {
            Some((_, Kind::Node(of))) => frame.of = Some(of),
            Some((name, Kind::Leaf(shape, _))) => frame.value = Some((name, *shape)),
            None => {}
        }
    }
    frames.push(frame);
}

fn close(frames: &mut Vec<Frame>, path: &mut String, each: &mut impl FnMut(&str, &Frame)) {
    let Some(frame) = frames.pop() else { return };
    each(path, &frame);
    path.truncate(frame.before);
    if let Some(parent) = frames.last_mut() {
        parent.says_something |= frame.says_something || parent.value.is_none();
    }
}

/// The text of octets that have passed the gate.
fn text_of<'a>(octets: &'a SpsOctets<'_>) -> &'a str {
    let text = std::str::from_utf8(octets.as_bytes()).unwrap_or_default();
    text.strip_prefix('\u{FEFF}').unwrap_or(text)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::catalogue::Code;

    const GOLDEN: &[u8] = include_bytes!("../../tests/golden/re-export-657/certificate.xml");

    #[test]
    fn empty_values_are_found_where_they_are() {
        let text = concat!(
            "<a:SPSCertificate xmlns:a=\"x\">\n<a:SPSExchangedDocument><a:Name/>",
            "<a:ID> 7 </a:ID><a:IssueDateTime><u:DateTimeString/></a:IssueDateTime>",
            "<a:IncludedSPSNote><a:Subject>A</a:Subject><a:Content><!-- no --> </a:Content>",
            "<a:Content>&#65;</a:Content></a:IncludedSPSNote><a:Stranger/>",
            "</a:SPSExchangedDocument></a:SPSCertificate>"
        );
        let found = empties(&SpsOctets::domestic(text.as_bytes()));
        let paths: Vec<_> = found.iter().map(|empty| (empty.path.as_str(), empty.shape)).collect();
        let document = "/SPSCertificate/SPSExchangedDocument";
        assert_eq!(
            paths,
            [
                (format!("{document}/Name[1]").as_str(), Shape::Text),
                (format!("{document}/IssueDateTime[1]").as_str(), Shape::DateTime),
                (format!("{document}/IncludedSPSNote[1]/Content[1]").as_str(), Shape::Text),
            ]
        );
    }

    /// Paths are those of the reader, and lead to where it says they do.
    #[test]
    fn places_are_those_of_the_reader() {
        let text = String::from_utf8_lossy(GOLDEN).replace("<ram:", "\n<ram:");
        let text = text.replace("<ram:TypeCode>657<", "<ram:TypeCode>7777<");
        let text = text.replace("<ram:ID>GS<", "<ram:ID>ZZ<").replacen("KGM", "kg", 1);
        let octets = SpsOctets::domestic(text.as_bytes());
        let told = crate::sps::read(&octets).findings;
        assert!(told.len() >= 3, "{told:#?}");
        for finding in told {
            let path = finding.path.replace("/@unitCode", "");
            let bare = Finding { path, line: None, column: None, ..finding.clone() };
            let mut again = [bare];
            locate(&octets, &mut again);
            assert_eq!((again[0].line, again[0].column), (finding.line, finding.column));
        }
        let missing = "/SPSCertificate/SPSConsignment/ExaminationSPSEvent[1]/Nothing";
        let mut findings = [Finding::new(Code::ProfileMissing, missing, "", "")];
        locate(&octets, &mut findings);
        assert!(findings[0].line.is_some());
    }
}

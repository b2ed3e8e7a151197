//! A bare pass: what the tokenizer alone costs, for a bench to compare with.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Runs the tokenizer over a document and looks at nothing; how many events
/// there were. It judges nothing: see [`super::gate`].
pub fn bare_pass(text: &str) -> usize {
    let mut tokens = Reader::from_str(text);
    let mut events = 0;
    while let Ok(event) = tokens.read_event() {
        if matches!(event, Event::Eof) {
            break;
        }
        events += 1;
        std::hint::black_box(&event);
    }
    events
}

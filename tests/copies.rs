//! How much memory a large attachment takes on its way: it is copied where it
//! changes its form, and nowhere else.
//!
//! A binary of its own, as it counts what the whole process takes.

use certpost::cli::{Exit, Shared, check, convert};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The octets of the attachment, in base64.
const ATTACHMENT: usize = 10 * 1024 * 1024;

const XML: &str = include_str!("golden/phytosanitary-851/certificate.xml");

/// How many hundredths of the attachment's size `work` takes at its peak, what
/// was taken before aside.
fn copies<T>(work: impl FnOnce() -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    drop(work());
    let peak = MEMORY.peak_usage().saturating_sub(before);
    peak * 100 / ATTACHMENT
}

#[test]
fn a_large_attachment_is_not_copied_about() {
    let folder = tempfile::tempdir().unwrap();
    let small = "JVBERi0xLjQKMSAwIG9iago8PD4+CmVuZG9iagp0cmFpbGVyPDw+PgolJUVPRgo=";
    assert!(XML.contains(small));
    let large = XML.replacen(small, &"JVBERi0x".repeat(ATTACHMENT / 8), 1);
    let file = folder.path().join("large.xml");
    std::fs::write(&file, large).unwrap();

    // The file, and the value in the tree.
    let checked = copies(|| {
        let args = check::Args { files: vec![file.clone()], ..check::Args::default() };
        let answer = check::run(&args, &Shared::default());
        assert_eq!(answer.exit, Exit::Yes, "{}", String::from_utf8_lossy(&answer.out));
    });
    assert!(checked < 220, "check took {checked} % of the attachment's size");

    // And the octets written.
    let written = copies(|| {
        let args = convert::Args { file: file.clone(), to: Some(convert::To::Xml), explain: false };
        let answer = convert::run(&args, &Shared::default());
        assert_eq!(answer.exit, Exit::Yes, "{}", answer.remarks.join("\n"));
    });
    assert!(written < 330, "convert took {written} % of the attachment's size");
}

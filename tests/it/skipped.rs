//! What a test leaves out, named: a newcomer has neither every peer nor the
//! material that lies beside the project.

use std::fs::OpenOptions;
use std::io::Write;

/// Names what is left out: on standard output, and in the file
/// `$CERTPOST_SKIPPED`, which `./test` lists at its end.
pub(crate) fn skipped(words: &str) {
    println!("skipped: {words}");
    if let Some(list) = std::env::var_os("CERTPOST_SKIPPED") {
        let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "{words}").unwrap();
    }
}

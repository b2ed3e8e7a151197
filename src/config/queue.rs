//! `[queue]`: the way to the broker.

use std::net::SocketAddr;

use zeroize::Zeroizing;

use super::faults::Faults;
use super::files;
use super::partners::split;
use super::section::Section;

/// Reads the table: the broker's URL, and where its own pages are.
pub(super) fn read(
    mut section: Section<'_>,
    faults: &mut Faults,
) -> (Option<Zeroizing<String>>, Option<SocketAddr>) {
    let url = section.text("url", faults).map(Zeroizing::new);
    let url_file = section.text("url_file", faults);
    let management = section.text("management_url", faults).and_then(|text| {
        let read = management(&text);
        if read.is_none() {
            section.fault(
                "management_url",
                // A password would cross the net in clear.
                "is no http:// address of this machine itself",
                "write it as http://127.0.0.1:15672, or take it out",
                faults,
            );
        }
        read
    });
    let url = match (url, url_file) {
        (Some(_), Some(_)) => {
            section.fault("url_file", "stands beside url", "keep one of the two", faults);
            None
        }
        (Some(url), None) => Some(url),
        (None, Some(named)) => match files::read_secret_line(&section.path(&named)) {
            Ok(url) => Some(url),
            Err(words) => {
                split(&section, "url_file", &words, faults);
                None
            }
        },
        (None, None) => {
            let remedy = "write url = \"amqp://127.0.0.1:5672/%2f\", or url_file";
            section.fault("url", "is missing", remedy, faults);
            None
        }
    };
    if let Some(url) = &url
        && !url.starts_with("amqp://")
        && !url.starts_with("amqps://")
    {
        section.fault("url", "is no AMQP address", "begin it with amqp:// or amqps://", faults);
    }
    section.finish(faults);
    (url, management)
}

/// `http://`, a loopback address and a port.
fn management(text: &str) -> Option<SocketAddr> {
    let place = text.strip_prefix("http://")?;
    let place = place.strip_suffix('/').unwrap_or(place);
    let place = match place.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => place.to_owned(),
    };
    place.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback())
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_s_pages_are_on_this_machine() {
        for good in ["http://127.0.0.1:15672", "http://localhost:15672/", "http://[::1]:15672"] {
            assert!(management(good).is_some(), "{good}");
        }
        for bad in ["", "127.0.0.1:15672", "http://10.0.0.1:15672", "https://127.0.0.1:15671"] {
            assert_eq!(management(bad), None, "{bad}");
        }
    }
}

//! Numbers with their names, and the text that they become: Prometheus's
//! exposition format, version 0.0.4.

use prometheus::{CounterVec, Encoder, GaugeVec, Opts, Registry, TextEncoder};

//------------ Figure --------------------------------------------------------

/// One family of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Without the `certpost_` that all have before them.
    pub name: &'static str,
    /// One sentence for whoever reads the page.
    pub help: &'static str,
    pub kind: Kind,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    pub samples: Vec<Sample>,
}

/// How a number moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Up only, until the next start.
    Counter,
    /// Up and down.
    Gauge,
}

/// One number, with a value for each label.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub labels: Vec<String>,
    pub value: f64,
}

/// The page.
///
/// # Errors
///
/// A name or a label is none, or stands twice: a bug of ours.
pub(super) fn page(figures: &[Figure]) -> prometheus::Result<Vec<u8>> {
    let registry = Registry::new_custom(Some("certpost".to_owned()), None)?;
    for figure in figures {
        let opts = Opts::new(figure.name, figure.help);
        match figure.kind {
            Kind::Counter => {
                let counter = CounterVec::new(opts, figure.labels)?;
                for sample in &figure.samples {
                    let one = counter.get_metric_with_label_values(&sample.labels)?;
                    one.inc_by(sample.value.max(0.0));
                }
                registry.register(Box::new(counter))?;
            }
            Kind::Gauge => {
                let gauge = GaugeVec::new(opts, figure.labels)?;
                for sample in &figure.samples {
                    gauge.get_metric_with_label_values(&sample.labels)?.set(sample.value);
                }
                registry.register(Box::new(gauge))?;
            }
        }
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &'static str, kind: Kind, labels: &[&str], value: f64) -> Figure {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let samples = vec![Sample { labels, value }];
        Figure { name, help: "Of a test.", kind, labels: &["partner"], samples }
    }

    #[test]
    fn text() {
        let figures = [
            figure("letters_total", Kind::Counter, &["HM"], 2.0),
            figure("left_seconds", Kind::Gauge, &["a\"b\\"], -0.5),
        ];
        let text = String::from_utf8(page(&figures).unwrap()).unwrap();
        let wanted = "# HELP certpost_left_seconds Of a test.\n\
                      # TYPE certpost_left_seconds gauge\n\
                      certpost_left_seconds{partner=\"a\\\"b\\\\\"} -0.5\n\
                      # HELP certpost_letters_total Of a test.\n\
                      # TYPE certpost_letters_total counter\n\
                      certpost_letters_total{partner=\"HM\"} 2\n";
        assert_eq!(text, wanted);
        assert!(page(&[figure("two words", Kind::Gauge, &["HM"], 1.0)]).is_err());
    }
}

//! What routing, the ledger and the gates need to know of a certificate.

use serde::{Deserialize, Serialize};

use super::catalogue::Code;
use super::document::Certificate;
use super::element::{Shape, mechanical};
use super::finding::Finding;
use super::number::{CertificateId, CountryCode, DocumentType, Status};
use super::tree::Node;
use super::value::collapsed;

//------------ Facts ---------------------------------------------------------

/// What a certificate is, in five facts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Facts {
    pub id: CertificateId,
    pub status: Status,
    pub import_country: CountryCode,
    pub transit: Vec<CountryCode>,
    /// The numbers of the certificates that this one replaces (tag `ADRPN`).
    pub replaces: Vec<String>,
}

/// How the paths of findings are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Paths {
    /// JSON Pointers (RFC 6901).
    Json,
    /// Local names with positions.
    Xml,
}

impl Paths {
    /// The path of the element along `way`, each the first of its name.
    pub fn of(self, way: &[&str]) -> String {
        match self {
            Paths::Json => way.iter().map(|name| format!("/{}", mechanical(name))).collect(),
            Paths::Xml => {
                let mut path = "/SPSCertificate".to_owned();
                for (depth, name) in way.iter().enumerate() {
                    let position = if depth == 0 { "" } else { "[1]" };
                    path.push_str(&format!("/{name}{position}"));
                }
                path
            }
        }
    }
}

impl Certificate {
    /// The facts, or what is missing for them; the paths of the findings are
    /// XML ones.
    pub fn facts(&self) -> Result<Facts, Vec<Finding>> {
        self.facts_by(Paths::Xml)
    }

    /// The facts, or what is missing for them.
    pub fn facts_by(&self, paths: Paths) -> Result<Facts, Vec<Finding>> {
        let mut missing = Vec::new();
        let number = self.fact(paths, &["SPSExchangedDocument", "ID"], &mut missing);
        let document_type: Option<DocumentType> =
            self.fact(paths, &["SPSExchangedDocument", "TypeCode"], &mut missing);
        let status = self.fact(paths, &["SPSExchangedDocument", "StatusCode"], &mut missing);
        let country: Option<CountryCode> =
            self.fact(paths, &["SPSConsignment", "ExportSPSCountry", "ID"], &mut missing);
        let import = self.fact(paths, &["SPSConsignment", "ImportSPSCountry", "ID"], &mut missing);
        if let (Some(Number(number)), Some(document_type), Some(status)) =
            (number, document_type, status)
            && let (Some(country), Some(import_country)) = (country, import)
        {
            match CertificateId::new(country, document_type, &number) {
                Ok(id) => {
                    let (transit, replaces) = (self.transit(), self.replaces());
                    return Ok(Facts { id, status, import_country, transit, replaces });
                }
                Err(fault) => missing.push(Finding::new(
                    Code::FactsForm,
                    paths.of(&["SPSExchangedDocument", "ID"]),
                    fault.to_string(),
                    "write the certificate's number",
                )),
            }
        }
        Err(missing)
    }

    fn fact<T: std::str::FromStr>(
        &self,
        paths: Paths,
        way: &[&str],
        missing: &mut Vec<Finding>,
    ) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let mut node = Some(self.root());
        for name in way.iter().take(way.len().saturating_sub(1)) {
            node = node.and_then(|node| node.node(name));
        }
        let text = node.zip(way.last()).and_then(|(node, name)| node.text(name));
        let words = match text.map(str::parse) {
            Some(Ok(fact)) => return Some(fact),
            Some(Err(fault)) => T::Err::to_string(&fault),
            None => "it is missing".to_owned(),
        };
        let code = if text.is_some() { Code::FactsForm } else { Code::FactsMissing };
        missing.push(Finding::new(code, paths.of(way), words, "write it"));
        None
    }

    fn transit(&self) -> Vec<CountryCode> {
        let countries = self.consignment().into_iter().flat_map(|c| c.nodes("TransitSPSCountry"));
        countries.filter_map(|country| country.text("ID")?.parse().ok()).collect()
    }

    fn replaces(&self) -> Vec<String> {
        let notes = self.document().into_iter().flat_map(|d| d.nodes("IncludedSPSNote"));
        notes
            .filter(|note| note.text("Subject").map(str::trim) == Some("ADRPN"))
            .flat_map(|note: &Node| note.leaves("Content"))
            // A number is read as one wherever it stands.
            .map(|content| match collapsed(Shape::Id, &content.text) {
                Some(number) => number.into(),
                None => content.text.to_string(),
            })
            .filter(|number| !number.is_empty())
            .collect()
    }
}

/// A number as written; its form is [`CertificateId`]'s to judge.
struct Number(String);

impl std::str::FromStr for Number {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Number(text.to_owned()))
    }
}

//! Small certificates to be shown, written where they are tested.

use std::path::PathBuf;

use super::about;
use crate::certificate::Certificate;
use crate::certificate::rules::Strictness;
use crate::cli::document::Examined;
use crate::cli::paint::Paint;
use crate::cli::show::sheet::Sheet;
use crate::cli::show::{page, text};
use crate::letter::Environment;

/// What is not as in every certificate; without prefixes.
pub(super) struct Small {
    pub status: String,
    pub issuer: String,
    /// In the document, behind the issuer.
    pub document: String,
    /// In the consignment, before the items.
    pub consignment: String,
    pub lines: String,
}

impl Default for Small {
    fn default() -> Self {
        Small {
            status: "<StatusCode>70</StatusCode>".to_owned(),
            issuer: "Agency".to_owned(),
            document: String::new(),
            consignment: String::new(),
            lines: line(1, ""),
        }
    }
}

impl Small {
    /// The whole as XML.
    pub fn xml(&self) -> String {
        let Small { status, issuer, document, consignment, lines } = self;
        format!(
            "<r:SPSCertificate xmlns:r=\"{RSM}\" xmlns=\"{RAM}\" xmlns:u=\"{UDT}\">\
             <r:SPSExchangedDocument><Name/><ID>N-1</ID><TypeCode>851</TypeCode>{status}\
             <IssueDateTime><u:DateTimeString>2026-02-18T10:00:00Z</u:DateTimeString>\
             </IssueDateTime><IssuerSPSParty><Name>{issuer}</Name></IssuerSPSParty>\
             <SignatorySPSAuthentication><ProviderSPSParty><Name/></ProviderSPSParty>\
             </SignatorySPSAuthentication>{document}</r:SPSExchangedDocument>\
             <r:SPSConsignment><ExportSPSCountry><ID>EG</ID></ExportSPSCountry>\
             <ImportSPSCountry><ID>SA</ID></ImportSPSCountry>{consignment}\
             <IncludedSPSConsignmentItem>{lines}</IncludedSPSConsignmentItem>\
             </r:SPSConsignment></r:SPSCertificate>"
        )
    }

    pub fn certificate(&self) -> Certificate {
        let octets = self.xml().into_bytes();
        let read = Examined::judged("a.xml".to_owned(), octets, Strictness::Received);
        read.certificate().unwrap_or_else(|| panic!("{:?}", read.findings)).clone()
    }
}

/// A trade line with a number, and what else is in it.
pub(super) fn line(n: usize, inside: &str) -> String {
    format!(
        "<IncludedSPSTradeLineItem><SequenceNumeric>{n}</SequenceNumeric>\
         <Description>Oranges</Description>{inside}</IncludedSPSTradeLineItem>"
    )
}

pub(super) fn page_of(small: &Small) -> String {
    page::page(&Sheet::of(&small.certificate()), &about(None, Environment::Live))
}

pub(super) fn text_of(small: &Small) -> String {
    let sheet = Sheet::of(&small.certificate());
    text::text(&sheet, &about(None, Environment::Live), None, Paint::default())
}

/// The folder that it is in, for as long as it is needed, and the file.
pub(super) fn written(xml: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    std::fs::write(&path, xml).unwrap();
    (folder, path)
}

pub(super) use crate::sps::{ACK, RAM, RSM, UDT};

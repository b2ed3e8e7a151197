//! Every code that a finding may bear: what it means, and what to do about it.
//!
//! The catalogue is closed and generated into the documentation
//! (`queue-config/CODES.md`) and into `certpost check --explain`. A code is
//! never given another meaning, and never taken away; new ones are added.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::finding::{Area, Level};
use crate::refusal;

macro_rules! catalogue {
    ($($variant:ident $code:literal $area:ident [$level:ident $($other:ident)*] $meaning:literal $remedy:literal,)+) => {
        /// What a finding is about. Gate 9 speaks with codes of its own.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`")] $variant,)+
            /// A refusal of gate 9, told as a finding.
            Gate(refusal::Code),
        }

        impl Code {
            /// Every code of the catalogue, sorted by name; those of gate 9
            /// are [`refusal::Code::ALL`]'s.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The code as operators and outside programs know it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)+ Code::Gate(code) => code.as_str() }
            }

            /// Which part of the rules it is about.
            pub const fn area(self) -> Area {
                match self { $(Code::$variant => Area::$area,)+ Code::Gate(_) => Area::Schema }
            }

            /// The levels it is told at, the usual one first.
            pub const fn levels(self) -> &'static [Level] {
                match self {
                    $(Code::$variant => &[Level::$level, $(Level::$other,)*],)+
                    Code::Gate(_) => &[Level::Severe],
                }
            }

            /// What it means, in a sentence or two.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)+ Code::Gate(code) => code.meaning() }
            }

            /// What to do about it, whoever reads it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $remedy,)+ Code::Gate(code) => code.remedy() }
            }
        }
    };
}

catalogue! {
    AttachmentNotBase64 "attachment.not-base64" Schema [Warning Severe]
        "An attachment's text is not base64 (RFC 4648, section 4), so nobody can open it. Severe in a submission."
        "Encode the file anew: the standard alphabet, with padding.",
    AttributeUnknown "attribute.unknown" Schema [Warning]
        "An element bears an attribute that the schema does not give it. It is kept under $xml.attributes."
        "Leave the attribute out at its source.",
    ClassificationUnknown "classification.unknown" Mapping [Info]
        "A classification's SystemName is none of the ePhyto tags; other systems are in use and allowed."
        "Nothing, if the partners concerned know the system.",
    CodeUnknown "code.unknown" Mapping [Warning]
        "A code is not on the list that its element refers to."
        "Write a code of the list named, or leave the element out.",
    ConsignmentTwo "consignment.two" Schema [Severe]
        "The document holds two consignments; a certificate is about one."
        "Issue a certificate for each consignment.",
    CountryUnknown "country.unknown" Mapping [Severe Warning]
        "A country is no code of ISO 3166-1 alpha-2 of today, nor XI or XK. A warning in an address, which no list binds."
        "Write the two capital letters, as BV.",
    DateForm "date.form" Mapping [Warning Severe]
        "A date can be read, but is not written as agreed: a time without a zone, a day with one, no strokes, no seconds, another form than its format says. Severe in a submission."
        "Write 2026-11-20, or 2026-11-20T10:15:00+01:00.",
    DateNone "date.none" Mapping [Severe]
        "A text that should be a date is none of ISO 8601: 26/02/2024 is not, and 05/06/2024 may be read in two ways."
        "Write 2026-11-20, or 2026-11-20T10:15:00+01:00 (ISO 8601).",
    DocumentNotRead "document.not-read" Schema [Severe]
        "The document passed the gate and could not be read all the same, which is a bug of ours."
        "Keep the document and report it.",
    ElementAbsent "element.absent" MandatoryElements [Warning]
        "An element is absent that the schema makes mandatory, and that often has no value."
        "Write it, empty if there is nothing to say.",
    ElementMissing "element.missing" MandatoryElements [Severe]
        "An element is absent, or empty, without which there is no certificate to speak of."
        "Write it; nothing is invented in its place.",
    ElementOrder "element.order" Schema [Warning]
        "An element stands behind others that the schema puts after it. It is read all the same."
        "Write the elements in the schema's order.",
    ElementRepeated "element.repeated" Schema [Warning]
        "An element stands once more than the schema allows. The first that says anything is read, the others are kept under $xml.unknown."
        "Write it once.",
    ElementTooMuch "element.too-much" Schema [Severe]
        "The document holds so much that the schema does not know that it cannot all be kept."
        "Leave out what is no part of a certificate.",
    ElementUnknown "element.unknown" Schema [Warning]
        "An element stands where the schema has none of that name. It is kept under $xml.unknown."
        "Leave it out, or write it where the schema has it.",
    FactsForm "facts.form" Mapping [Severe Warning]
        "A fact that a certificate is known by (number, type, status, countries) has a form that nobody can work with."
        "Correct it: a number has 1 to 248 octets and no control characters.",
    FactsMissing "facts.missing" MandatoryElements [Severe Warning]
        "A fact is missing that a certificate is known or routed by: number, type, status, exporting or importing country."
        "Write it.",
    FileFormat "file.format" Schema [Severe]
        "The file begins neither with < (XML) nor with { (JSON)."
        "Give a certificate in one of the two forms.",
    FindingsMore "findings.more" Schema [Info]
        "There are more findings than are told."
        "Mend those that are told, and check again.",
    FromDiffers "from-differs" Schema [Warning]
        "The letter's outer From is not the signed one. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    IndicatorNone "indicator.none" Mapping [Warning Severe]
        "A text that should be true or false is neither. Severe in a submission."
        "Write true or false.",
    LanguageForm "language.form" Mapping [Warning]
        "A language is neither a code of ISO 639-1 nor a tag of BCP 47."
        "Write en, fr, zh or the like, or leave the language out.",
    NumberForm "number.form" Mapping [Warning Severe]
        "A number can be read, but is not written as agreed: with a plus sign, or without digits on one side of the point. Severe in a submission."
        "Write digits and a point, as 20500.00.",
    NumberNone "number.none" Mapping [Severe]
        "A text that should be a number is none: a decimal comma, a thousands mark, a unit or an exponent is in it."
        "Write digits and a point, as 20500.00; the unit is an attribute.",
    OuterRewrittenAutoSubmitted "outer-rewritten:auto-submitted" Schema [Warning]
        "The letter's outer Auto-Submitted is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenDate "outer-rewritten:date" Schema [Warning]
        "The letter's outer Date is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenReceiptOptions "outer-rewritten:disposition-notification-options" Schema [Warning]
        "The letter's outer Disposition-Notification-Options are not as its sender wrote them. The signed ones count."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenReceiptTo "outer-rewritten:disposition-notification-to" Schema [Warning]
        "The letter's outer Disposition-Notification-To is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenFrom "outer-rewritten:from" Schema [Warning]
        "The letter's outer From is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenInReplyTo "outer-rewritten:in-reply-to" Schema [Warning]
        "The letter's outer In-Reply-To is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenMessageId "outer-rewritten:message-id" Schema [Warning]
        "The letter's outer Message-ID is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenOther "outer-rewritten:other" Schema [Warning]
        "An outer field of the letter is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenReferences "outer-rewritten:references" Schema [Warning]
        "The letter's outer References are not as its sender wrote them. The signed ones count."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenSubject "outer-rewritten:subject" Schema [Warning]
        "The letter's outer Subject is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    OuterRewrittenTo "outer-rewritten:to" Schema [Warning]
        "The letter's outer To is not as its sender wrote it. The signed one counts."
        "Look at the relays between the partner and this gateway.",
    PackageUnknown "package.unknown" Mapping [Severe]
        "A package's type is no code of UN/ECE Recommendation 21."
        "Write a code of Rec 21, as CT for a carton.",
    PartnerNotConcerned "partner.not-concerned" Mapping [Warning]
        "The partner asked about speaks for none of the certificate's importing or transit countries."
        "Name the partner when submitting, or correct the importing country.",
    PartnerTypeNotAgreed "partner.type-not-agreed" Mapping [Severe]
        "The partner asked about does not take documents of this type."
        "Agree on the type and add it to the partner's types, or send the certificate to another.",
    ProcessOther "process.other" Mapping [Warning]
        "Treatment facts of the ePhyto mapping stand in a process whose type is not ZZZ, where partners may not look for them."
        "Write typeCode \"ZZZ\".",
    ReceiptElsewhere "receipt-elsewhere" Schema [Warning]
        "The letter asks for a receipt at an address that is none of the partner's. None is sent there."
        "Add the address to the partner's senders if it is theirs.",
    RelationshipUnknown "relationship.unknown" Mapping [Warning]
        "A referenced document's relationship is no code of list 1153."
        "Write a code of the list, as AWR for a certificate replaced.",
    RootVersion "root.version" Schema [Severe]
        "The document is a certificate or an acknowledgement of another version of the standard."
        "Write version 17.",
    RootWrong "root.wrong" Schema [Severe]
        "The document is XML, but neither a certificate nor an acknowledgement."
        "Give an SPSCertificate or an SPSAcknowledgement.",
    SignaturePresent "signature.present" Schema [Info]
        "The document bears an XML signature, which was not verified. It is kept under $xml.unknown."
        "Nothing; the letter's own signature is what was proven.",
    StatusUnknown "status.unknown" Mapping [Severe]
        "The document's status is no code of list 4405."
        "Write 70 for issued, 40 for withdrawn.",
    SubmissionAttributeName "submission.attribute-name" Schema [Severe]
        "A name under $xml.attributes could be no attribute of XML."
        "Write {namespace}name.",
    SubmissionBeyondTheSchema "submission.beyond-the-schema" Schema [Severe]
        "A submission holds attributes or elements that the schema does not have."
        "Leave $xml.attributes and $xml.unknown out of a submission.",
    SubmissionBooleanWanted "submission.boolean-wanted" Schema [Severe]
        "A field is true or false, and something else stands there."
        "Write true or false, without quotes.",
    SubmissionConflict "submission.conflict" Schema [Severe]
        "A certificate of this number and status was accepted before, with other content. Nothing is overwritten."
        "Withdraw the certificate (status 40) and issue one with a new number that replaces it.",
    SubmissionContentType "submission.content-type" Schema [Severe]
        "The submission's content_type is neither application/json nor application/xml."
        "Publish it with the content_type that it has.",
    SubmissionCrashed "submission.crashed" Schema [Severe]
        "Our reader broke on this submission, which is a bug of ours."
        "Keep it, tell the gateway's operators, and send it again after an update.",
    SubmissionDuplicateKey "submission.duplicate-key" Schema [Severe]
        "A member of an object stands twice; readers of JSON do not agree which one counts."
        "Write it once.",
    SubmissionFormatAndText "submission.format-and-text" Schema [Severe]
        "A date or an indicator has a format and is to be written as plain text, which has no place for one."
        "Leave out format, or as.",
    SubmissionFragment "submission.fragment" Schema [Severe]
        "An entry of $xml.unknown is not well-formed XML."
        "Write one element, well-formed, with its namespaces declared.",
    SubmissionIllegalCharacter "submission.illegal-character" Schema [Severe]
        "A text holds a character that XML cannot hold at all (XML 1.0, production 2)."
        "Leave it out.",
    SubmissionIssuingCountry "submission.issuing-country" Mapping [Severe]
        "The exporting country is none of those that this gateway issues for."
        "Correct the exporting country, or add it to gateway.countries.",
    SubmissionLetterTooLarge "submission.letter-too-large" Schema [Severe]
        "The letter made of this certificate would be larger than letters may be."
        "Send smaller attachments.",
    SubmissionListWanted "submission.list-wanted" Schema [Severe]
        "A field may repeat, so it is a list, also with one entry."
        "Put it in [ ].",
    SubmissionMessageId "submission.message-id" Schema [Severe]
        "The submission's message_id is longer than 255 octets."
        "Send a shorter one, or none.",
    SubmissionMessageIdReused "submission.message-id-reused" Schema [Severe]
        "The same message_id came before with another certificate."
        "Give each certificate a message_id of its own, or none.",
    SubmissionNotJson "submission.not-json" Schema [Severe]
        "The body is not JSON (RFC 8259)."
        "Write one JSON object in UTF-8.",
    SubmissionNotUsefulAfter "submission.not-useful-after" Schema [Severe]
        "The header x-certpost-not-useful-after is no time."
        "Send it as 2026-11-30T00:00:00Z (RFC 3339).",
    SubmissionNullInList "submission.null-in-list" Schema [Severe]
        "A list holds null, which says nothing that could be written."
        "Leave it out.",
    SubmissionNumberEmpty "submission.number-empty" Schema [Severe]
        "A number is an empty string."
        "Write the number, or leave the field out.",
    SubmissionNumberNotString "submission.number-not-string" Schema [Severe]
        "A number is written as a JSON number, which loses .00 and digits past the fifteenth."
        "Write it in quotes: \"20500.00\".",
    SubmissionObjectWanted "submission.object-wanted" Schema [Severe]
        "A field is an object, and something else stands there."
        "Write it with the members it has, in { }.",
    SubmissionOrder "submission.order" Schema [Severe]
        "$xml.order names a list or a tag that is not there, or not as often."
        "Leave $xml.order out; a producer never needs it.",
    SubmissionPlainTag "submission.plain-tag" Schema [Severe]
        "The entry of a plain field repeats the tag that the field stands for."
        "Leave the tag out.",
    SubmissionProducer "submission.producer" Schema [Severe]
        "The broker user who published the submission may not, or not this type and number."
        "Publish as a producer of certpost.toml, within its types and numbers.",
    SubmissionSchema "submission.schema" Schema [Severe]
        "The member schema names another schema than the document's."
        "Write \"certpost/certificate/1\", or leave it out.",
    SubmissionSingleWanted "submission.single-wanted" Schema [Severe]
        "A field stands once, so it is no list."
        "Write it without [ ].",
    SubmissionSpelling "submission.spelling" Schema [Severe]
        "A spelling (as, or an entry of $xml.spelling) is none that this field has."
        "Leave it out; a producer never needs it.",
    SubmissionStringWanted "submission.string-wanted" Schema [Severe]
        "A field is a string, and something else stands there."
        "Write it in quotes.",
    SubmissionTagInList "submission.tag-in-list" Schema [Severe]
        "An entry with a tag stands in a list, and the tag has a plain field of its own that is free."
        "Write the plain field.",
    SubmissionTooDeep "submission.too-deep" Schema [Severe]
        "Objects lie deeper in each other than any certificate needs."
        "Write a flatter certificate.",
    SubmissionTooLarge "submission.too-large" Schema [Severe]
        "The document is larger than it may be: a submission 9 MiB, a file 25 MiB."
        "Send smaller attachments, or part the certificate in several.",
    SubmissionTooManyElements "submission.too-many-elements" Schema [Severe]
        "The certificate has more elements than any reader would take."
        "Part it in several.",
    SubmissionUnknownField "submission.unknown-field" Schema [Severe]
        "A member has a name that is none here; it is refused, so that a typing error drops no weight."
        "Write the name meant, or leave the member out.",
    SubmissionUnknownPartner "submission.unknown-partner" Schema [Severe]
        "The header x-certpost-partners cannot be read, or names a code that is no partner."
        "Name partners of partners.toml.",
    SubmissionValueWanted "submission.value-wanted" Schema [Severe]
        "A value is written as an object, and has no member value."
        "Write {\"value\": \"…\"}.",
    TagBlanks "tag.blanks" Mapping [Warning]
        "A note's Subject is a tag of the IPPC ePhyto mapping with blanks around it, so it is not taken for the tag."
        "Write the tag alone.",
    TagUnknown "tag.unknown" Mapping [Warning]
        "A note's Subject is no tag of the IPPC ePhyto mapping, so the partner may not know where to show it."
        "Write one of the tags, or no Subject.",
    TextStray "text.stray" Schema [Warning]
        "Text stands between elements, where the schema has only elements. It is kept under $xml.unknown."
        "Leave it out, or write it into an element.",
    TradeLineMissing "trade-line.missing" MandatoryElements [Severe]
        "The consignment has no trade line, so nothing is certified."
        "Write at least one trade line.",
    TransportUnknown "transport.unknown" Mapping [Severe]
        "A mode of transport is no code of UN/ECE Recommendation 19."
        "Write a code of Rec 19, as 1 for maritime transport.",
    TypeUnknown "type.unknown" Mapping [Severe Warning]
        "A document type is no code of list 1001. A warning where it is that of a referenced document."
        "Write 851, 657, 852, 853, 636 or 856.",
    TypeUnusual "type.unusual" Mapping [Warning Severe]
        "A document type is on list 1001, but is no sanitary or phytosanitary certificate. Severe in a submission."
        "Write 851, 657, 852, 853, 636 or 856.",
    UnitMissing "unit.missing" Mapping [Warning]
        "A measure has no unit, so nobody knows how much it is."
        "Write unitCode, a code of Rec 20, as KGM.",
    UnitUnknown "unit.unknown" Mapping [Warning Severe]
        "A unit is no code of UN/ECE Recommendation 20: kg, lbs and the like are words of a language. Severe in a submission."
        "Write the code, as KGM for kilograms.",
}

impl Code {
    /// The code called `name`, those of gate 9 included.
    pub fn named(name: &str) -> Option<Code> {
        let gate = refusal::Code::ALL.iter().filter(|code| code.gate() == GATE);
        let mut all = Code::ALL.iter().copied().chain(gate.copied().map(Code::Gate));
        all.find(|code| code.as_str() == name)
    }
}

/// The gate that judges XML as such.
const GATE: u8 = 9;

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("FindingCode")
    }

    /// A form, no list: codes are added, and a reader of today must bear it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What it is: a code of the catalogue (CODES.md), to which codes are only ever added.",
            "type": "string",
            "pattern": "^[a-z-]+([.:][a-z-]+)?$",
        })
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_and_says_something() {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for code in Code::ALL {
            assert!(code.meaning().ends_with('.') && code.remedy().ends_with('.'), "{code}");
            assert_eq!(Code::named(code.as_str()), Some(*code));
        }
        assert_eq!(Code::named("xml.pi"), Some(Code::Gate(refusal::Code::XmlPi)));
        assert_eq!(Code::named("octets.nul"), None);
    }
}

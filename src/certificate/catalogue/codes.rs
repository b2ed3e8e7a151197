//! The rows of the catalogue, sorted by code: what each means, and what to do.
//!
//! `Variant "code" Area [Level …] "meaning" "remedy"`: the levels it is told
//! at, the usual one first.

use super::super::finding::{Area, Level};
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
    AttachmentEmpty "attachment.empty" Mapping [Warning]
        "An attachment holds nothing, and names no place where the file lies."
        "Encode the file, or leave the attachment out.",
    AttachmentNameMissing "attachment.name-missing" Mapping [Info]
        "An attachment has no file name, so that whoever saves it has to invent one."
        "Write filename, as report.pdf.",
    AttachmentNameUnsafe "attachment.name-unsafe" Mapping [Warning]
        "An attachment's file name is a path, or holds letters that control how it is shown."
        "Write a name alone, as report.pdf.",
    AttachmentNotBase64 "attachment.not-base64" Schema [Warning Severe]
        "An attachment's text is not base64 (RFC 4648, section 4), so nobody can open it. Severe in a submission."
        "Encode the file anew: the standard alphabet, with padding.",
    AttachmentTooLarge "attachment.too-large" Mapping [Warning Info]
        "An attachment is larger than 4 MiB: with it, the letter passes 10 MiB, which many mail servers refuse. Info in what was received."
        "Send a smaller file.",
    AttachmentTypeDiffers "attachment.type-differs" Mapping [Warning]
        "An attachment's first octets are not those of the type that its mimeCode, or without one its file name, says."
        "Write the true type, or attach the file meant.",
    AttachmentTypeMissing "attachment.type-missing" Mapping [Info Warning]
        "An attachment has no mimeCode. A warning where its file name does not tell the type either."
        "Write mimeCode, as application/pdf.",
    AttachmentTypeUnknown "attachment.type-unknown" Mapping [Warning]
        "An attachment's mimeCode is no media type (RFC 6838, section 4.2)."
        "Write one, as application/pdf.",
    AttributeUnknown "attribute.unknown" Schema [Warning]
        "An element bears an attribute that the schema does not give it. It is kept under $xml.attributes."
        "Leave the attribute out at its source.",
    ClassificationUnknown "classification.unknown" Mapping [Info]
        "A classification's SystemName is none of the ePhyto tags, nor one of the systems that are met (EPPO codes, the Combined Nomenclature); others are in use and allowed."
        "Nothing, if the partners concerned know the system.",
    ClauseMissing "clause.missing" MandatoryElements [Info Warning]
        "A phytosanitary certificate (851) does not bear the clauses 1 and 2 of what it certifies, nor their words. A warning where clause 2 stands without clause 1."
        "Write two clauses (IncludedSPSClause) with the signatory, with the IDs 1 and 2.",
    ClauseUnexpected "clause.unexpected" Mapping [Info]
        "A re-export certificate (657) bears a clause of a phytosanitary certificate; what it certifies is said by RPCST."
        "Write one clause without ID.",
    CodeUnknown "code.unknown" Mapping [Warning]
        "A code is not on the list that its element refers to."
        "Write a code of the list named, or leave the element out.",
    ConsignmentTwo "consignment.two" Schema [Severe]
        "The document holds two consignments; a certificate is about one."
        "Issue a certificate for each consignment.",
    CountrySame "country.same" Mapping [Warning]
        "The exporting and the importing country are the same."
        "Correct the one that is not meant.",
    CountryUnknown "country.unknown" Mapping [Severe Warning]
        "A country is no code of ISO 3166-1 alpha-2 of today, nor XI or XK. A warning in an address, which no list binds."
        "Write the two capital letters, as BV.",
    DateForm "date.form" Mapping [Warning Severe]
        "A date can be read, but is not written as agreed: a time without a zone, a day with one, no strokes, no seconds, another form than its format says. Severe in a submission."
        "Write 2026-11-20, or 2026-11-20T10:15:00+01:00.",
    DateFuture "date.future" Mapping [Warning]
        "The certificate's issue date lies more than 90 days ahead of the signature of its letter, or of today."
        "Correct the date, or the clock that it came from.",
    DateNone "date.none" Mapping [Severe]
        "A text that should be a date is none of ISO 8601: 26/02/2024 is not, and 05/06/2024 may be read in two ways."
        "Write 2026-11-20, or 2026-11-20T10:15:00+01:00 (ISO 8601).",
    DocumentNotRead "document.not-read" Schema [Severe]
        "The document passed the gate and could not be read all the same, which is a bug of ours."
        "Keep the document and report it.",
    ElementAbsent "element.absent" MandatoryElements [Warning]
        "An element is absent that the schema makes mandatory, and that often has no value."
        "Write it, empty if there is nothing to say.",
    ElementEmpty "element.empty" MandatoryElements [Warning]
        "A code or a number that the schema makes mandatory is written empty; nothing is neither a code nor a number."
        "Write its value, or leave out what it belongs to.",
    ElementMissing "element.missing" MandatoryElements [Severe]
        "An element is absent, or empty, without which there is no certificate to speak of."
        "Write it; nothing is invented in its place.",
    ElementOrder "element.order" Schema [Warning]
        "An element stands behind others that the schema puts after it. It is read all the same."
        "Write the elements in the schema's order.",
    ElementRepeated "element.repeated" Schema [Warning]
        "An element stands once more than the schema allows. The first is read, the others are kept under $xml.unknown."
        "Write it once.",
    ElementTooMuch "element.too-much" Schema [Severe]
        "The document holds so much that the schema does not know that it cannot all be kept."
        "Leave out what is no part of a certificate.",
    ElementTwice "element.twice" Mapping [Info]
        "An entry of a list is in all the same as the one before it, so that nobody knows whether there are two."
        "Leave one out, or write what differs.",
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
        "A language is neither a code of ISO 639-1, or of three letters, nor a tag of BCP 47 that begins with one."
        "Write en, fr, zh or the like, or leave the language out.",
    LetterIssuerDiffers "letter.issuer-differs" Mapping [Warning]
        "The letter's Subject states another issuing country than the certificate itself. The certificate counts."
        "Ask the partner which of the two was meant.",
    LetterNumberDiffers "letter.number-differs" Mapping [Warning]
        "The letter's Subject names another certificate number than the certificate itself. The certificate counts."
        "Ask the partner which of the two was meant.",
    LetterStatusDiffers "letter.status-differs" Mapping [Warning]
        "The letter's Subject states another status than the certificate itself. The certificate counts."
        "Ask the partner which of the two was meant.",
    LetterTypeDiffers "letter.type-differs" Mapping [Warning]
        "The letter's Subject states another document type than the certificate itself. The certificate counts."
        "Ask the partner which of the two was meant.",
    MeasureNegative "measure.negative" Mapping [Warning Severe]
        "A weight, a volume, a duration or a number of packages is less than nothing. Severe in a submission."
        "Write the amount.",
    MeasureNetOverGross "measure.net-over-gross" Mapping [Warning]
        "A trade line's net weight or volume is more than its gross one."
        "Correct the one that is not meant, or its unit.",
    MeasureRange "measure.range" Mapping [Warning]
        "The least value of a range of temperatures or of a treatment's measure is more than its most."
        "Correct the one that is not meant.",
    MeasureZero "measure.zero" Mapping [Info]
        "A weight, a volume, a duration or a number of packages is zero."
        "Leave it out if it was not measured.",
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
    PackageFraction "package.fraction" Mapping [Info]
        "The number of packages is no whole number."
        "Write how many there are; weights have elements of their own.",
    PackageUnknown "package.unknown" Mapping [Severe]
        "A package's type is no code of UN/ECE Recommendation 21."
        "Write a code of Rec 21, as CT for a carton.",
    PartnerNotConcerned "partner.not-concerned" Mapping [Warning]
        "The partner asked about speaks for none of the certificate's importing or transit countries."
        "Name the partner when submitting, or correct the importing country.",
    PartnerTypeNotAgreed "partner.type-not-agreed" Mapping [Severe]
        "The partner asked about does not take documents of this type."
        "Agree on the type and add it to the partner's types, or send the certificate to another.",
    PeriodReversed "period.reversed" Mapping [Warning]
        "A period ends before it begins."
        "Correct the date that is not meant.",
    ProcessOther "process.other" Mapping [Warning]
        "Treatment facts of the ePhyto mapping stand in a process whose type is not ZZZ, where partners may not look for them."
        "Write typeCode \"ZZZ\".",
    ProfileBeyondForm "profile.beyond-form" Schema [Info]
        "The ePhyto form of a certificate has no place for an element, or has it once; the Hub carries it, and who shows the form does not."
        "Say what matters in an element that the form has.",
    ProfileClause "profile.clause" MandatoryElements [Severe Warning]
        "The ePhyto mapping has the certifying statements as clauses 1 and 2 of a certificate of type 851, and one empty clause in one of type 657. A warning where a clause is another."
        "Write the clauses 1 and 2 in a certificate of type 851; in one of type 657 leave the clause out, or empty.",
    ProfileCountry "profile.country" Mapping [Severe Warning]
        "XI or XK stands for a country, and the partner's entry does not say that it takes that code. A warning in an address."
        "Write the code that the partner knows, or add it to xml_countries in partners.toml.",
    ProfileDate "profile.date" Mapping [Warning Severe]
        "A date would reach the partner in a form that is not its own: a day where it has moments, a typed date where it has strings, or, which is severe, plain text where its schema has none."
        "Write a time with its zone, where one is known; in ready XML, as udt:DateTime or udt:DateTimeString.",
    ProfileMissing "profile.element-missing" MandatoryElements [Severe]
        "An element is absent that the partner's copy of the schema makes mandatory, and that it refuses empty."
        "Write it with a value.",
    ProfileEmpty "profile.empty" MandatoryElements [Severe Warning]
        "An element is empty, and the partner refuses empty text. A warning where it is an identifier or a code."
        "Write a value, or leave the element out.",
    ProfileSchema "profile.schema" Schema [Severe]
        "Ready XML, which goes as it is, breaks the order or the elements of the schema, and the partner checks by its copy of that."
        "Write the schema's elements in its order, or submit the certificate as JSON, which is written so.",
    ProfileSignatory "profile.signatory" Mapping [Warning]
        "Of several signatories one has no TypeCode, by which the partner's forms tell them apart."
        "Write a code of list 9417, as 1 for clearance.",
    ProfileStatus "profile.status" Mapping [Severe Warning]
        "The document's status is none that the partner's profile has. A warning for 44 (replaced), which some ePhyto systems send."
        "Write 70 for issued, 40 for withdrawn.",
    ProfileTag "profile.tag" Mapping [Severe Warning]
        "A tag is none of those that the partner has as an enumeration; or, which is a warning, it stands at another level than the ePhyto mapping has it."
        "Write one of the tags, at its level, or leave the entry out.",
    ProfileTagValue "profile.tag-value" Mapping [Severe]
        "What stands beside an ePhyto tag breaks the rule that the partner's copy of the schema has for it: a length, a number, a date, true or false."
        "Write a value of that form.",
    ProfileTreatment "profile.treatment" MandatoryElements [Severe]
        "A treatment has no full text (tag TTFT), which the ePhyto mapping has with every treatment."
        "Write fullTreatment: the whole treatment in words.",
    ProfileType "profile.type" Mapping [Severe]
        "The partner's profile is for phytosanitary certificates alone, and the document's type is another."
        "Send it to another partner, or write 851 or 657.",
    QuantityHalf "quantity.half" MandatoryElements [Warning]
        "A trade line tells another quantity without its unit (OQV without OQU), or a unit without its quantity."
        "Write both, or neither.",
    ReExportContradiction "re-export.contradiction" Mapping [Warning]
        "Facts of a re-export exclude each other: original and certified copy (RPCOR, RPCTC), packed and repacked (RPCPK, RPCRP), original and new containers (RPCOC, RPCNC)."
        "Write one of the two as true.",
    ReExportMissing "re-export.missing" MandatoryElements [Warning]
        "A trade line of a re-export certificate (657) does not name the country of origin (RPCCO) or the number of the original certificate (RPCRF)."
        "Write both for each trade line.",
    ReExportType "re-export.type" Mapping [Warning]
        "A trade line tells of a re-export (RPC tags), and the document is no re-export certificate (657). Told once a line."
        "Leave the facts out, or issue a 657.",
    ReceiptElsewhere "receipt-elsewhere" Schema [Warning]
        "The letter asks for a receipt at an address that is none of the partner's. None is sent there."
        "Add the address to the partner's senders if it is theirs.",
    RelationshipUnknown "relationship.unknown" Mapping [Warning]
        "A referenced document's relationship is no code of list 1153."
        "Write a code of the list, as AWR for a certificate replaced.",
    ReplacementIncomplete "replacement.incomplete" MandatoryElements [Warning]
        "A certificate says that it replaces another, and not all of it: statement (ADRP), number (ADRPN) or date (ADRD) is missing."
        "Write all three, or none.",
    ReplacementItself "replacement.itself" Mapping [Warning Severe]
        "A certificate names its own number as the one that it replaces (ADRPN). Severe in a submission."
        "Write the number of the certificate that is replaced.",
    ReplacementLater "replacement.later" Mapping [Warning]
        "The certificate that is replaced is of a later day (ADRD) than the one that replaces it."
        "Write the day on which the replaced certificate was issued.",
    RootVersion "root.version" Schema [Severe]
        "The document is a certificate or an acknowledgement of another version of the standard, or its elements or its dates are; or its elements stand in another namespace altogether."
        "Write version 17, with the namespaces of its elements (21) and its dates (21).",
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
    TagCountry "tag.country" Mapping [Warning]
        "The value of a tag should be a country (RPCCO), and is no code of ISO 3166-1 alpha-2, nor XI or XK."
        "Write the two capital letters, as BV.",
    TagEmpty "tag.empty" Mapping [Warning]
        "An entry has a tag of the IPPC ePhyto mapping and says nothing beside it."
        "Write the tag's value, or leave the entry out.",
    TagForm "tag.form" Mapping [Warning]
        "The value of a tag is not of the kind that the tag wants: a number of so many digits, true or false, a date."
        "Write the value as the IPPC ePhyto mapping has it.",
    TagLength "tag.length" Mapping [Warning]
        "The value of a tag is longer than the tag takes, so that a partner may cut it off."
        "Write it shorter, or part it where the tag may repeat.",
    TagLevel "tag.level" Mapping [Warning]
        "A tag stands in another part of the certificate than the one that it belongs into, where partners do not look for it."
        "Write it where it belongs: document, trade line, classification or treatment.",
    TagMissing "tag.missing" Mapping [Info]
        "A note, a classification or a fact of a treatment has no tag in an 851 or 657, so that nobody knows what it tells."
        "Write one of the tags of the IPPC ePhyto mapping.",
    TagRepeated "tag.repeated" Mapping [Warning]
        "A tag that stands once stands there again, in the same language; or one that may stand often says the same again."
        "Write it once.",
    TagUnknown "tag.unknown" Mapping [Warning]
        "A note's Subject is no tag of the IPPC ePhyto mapping, so the partner may not know where to show it."
        "Write one of the tags, or no Subject.",
    TextStray "text.stray" Schema [Warning]
        "Text stands between elements, where the schema has only elements. It is kept under $xml.unknown."
        "Leave it out, or write it into an element.",
    TradeLineMissing "trade-line.missing" MandatoryElements [Severe]
        "The consignment has no trade line, so nothing is certified."
        "Write at least one trade line.",
    TradeLineSequence "trade-line.sequence" Mapping [Info]
        "Two trade lines of one consignment item have the same number, so that neither can be named by it. Told once an item."
        "Give each line a number of its own.",
    TransportUnknown "transport.unknown" Mapping [Severe]
        "A mode of transport is no code of UN/ECE Recommendation 19."
        "Write a code of Rec 19, as 1 for maritime transport.",
    TreatmentFullMissing "treatment.full-missing" MandatoryElements [Warning]
        "A treatment has no full text (TTFT), which is the one fact that every reader can show."
        "Write TTFT.",
    TreatmentMeasureMissing "treatment.measure-missing" Mapping [Info]
        "A treatment's temperature (TTTM) or concentration (TTCO) is told in words, and not as a measure with its unit."
        "Write ValueMeasure with unitCode, as 21 and CEL.",
    TreatmentTagUnknown "treatment.tag-unknown" Mapping [Warning]
        "A characteristic of a treatment does not begin with one of the seven tags (TTL1, TTL2, TTCH, TTTM, TTCO, TTAI, TTFT), so that nobody knows what it tells."
        "Write the tag as the first Description, the value as the second.",
    TreatmentUnit "treatment.unit" Mapping [Warning]
        "The unit of a treatment's temperature (TTTM) is no unit of a temperature, or that of a concentration (TTCO) is one of a temperature or a duration."
        "Write CEL or FAH for a temperature; for a concentration its unit, as A93 for grams per cubic metre.",
    TypeUnknown "type.unknown" Mapping [Severe Warning]
        "A document type is no code of list 1001. A warning where it is that of a referenced document."
        "Write 851, 657, 852, 853, 636 or 856.",
    TypeUnusual "type.unusual" Mapping [Warning Severe]
        "A document type is on list 1001, but is no sanitary or phytosanitary certificate. Severe in a submission."
        "Write 851, 657, 852, 853, 636 or 856.",
    UnitKind "unit.kind" Mapping [Warning]
        "A weight, a volume, a duration or a temperature has a unit of something else."
        "Write a unit of what is measured, as KGM for a weight, or the value into the element where it belongs.",
    UnitMissing "unit.missing" Mapping [Warning]
        "A measure has no unit, so nobody knows how much it is."
        "Write unitCode, a code of Rec 20, as KGM.",
    UnitUnknown "unit.unknown" Mapping [Warning Severe]
        "A unit is no code of UN/ECE Recommendation 20: kg, lbs and the like are words of a language. Severe in a submission."
        "Write the code, as KGM for kilograms.",
}

//! The element table: every type and element of the UN/CEFACT SPS certificate
//! (and of its acknowledgement), in the order of the schema. Rows, nothing else.
//!
//! `Name Occurs KIND`: the local name, how often the schema wants it, and what
//! it holds. JSON names are made from these, never written down.

use std::sync::OnceLock;

use super::codes::List;
use super::element::{Element, Key, Kind, Occurs, Shape, Type};

const TEXT: Kind = Kind::Leaf(Shape::Text, None);
const TAG: Kind = Kind::Leaf(Shape::Text, Some(List::Tag));
const ID: Kind = Kind::Leaf(Shape::Id, None);
const CODE: Kind = Kind::Leaf(Shape::Code, None);
const DATE: Kind = Kind::Leaf(Shape::DateTime, None);
const INDICATOR: Kind = Kind::Leaf(Shape::Indicator, None);
const MEASURE: Kind = Kind::Leaf(Shape::Measure, None);
const NUMERIC: Kind = Kind::Leaf(Shape::Numeric, None);
const QUANTITY: Kind = Kind::Leaf(Shape::Quantity, None);
const BINARY: Kind = Kind::Leaf(Shape::Binary, None);

const fn id(list: List) -> Kind {
    Kind::Leaf(Shape::Id, Some(list))
}

const fn code(list: List) -> Kind {
    Kind::Leaf(Shape::Code, Some(list))
}

const fn node(of: &'static Type) -> Kind {
    Kind::Node(of)
}

macro_rules! types {
    ($($constant:ident $type:literal { $($name:ident $occurs:ident $kind:expr,)+ })+) => {
        $(
            #[doc = concat!("`", $type, "`")]
            pub static $constant: Type = Type {
                name: $type,
                elements: {
                    const ROWS: usize = [$(stringify!($name),)+].len();
                    static ELEMENTS: [Element; ROWS] = [$(Element {
                        name: stringify!($name),
                        occurs: Occurs::$occurs,
                        kind: $kind,
                        json_name: OnceLock::new(),
                    },)+];
                    &ELEMENTS
                },
                keys: {
                    const NAMES: &[&str] = &[$(stringify!($name),)+];
                    static KEYS: [Key; NAMES.len()] = Key::of_all(NAMES);
                    &KEYS
                },
                mandatory: Occurs::mandatory(&[$(Occurs::$occurs,)+]),
                by_json_name: OnceLock::new(),
            };
        )+

        /// Every type of the table.
        pub static TYPES: &[&Type] = &[$(&$constant,)+];
    };
}

types! {
    CERTIFICATE "SPSCertificateType" {
        SPSExchangedDocument One node(&EXCHANGED_DOCUMENT),
        SPSConsignment One node(&CONSIGNMENT),
    }

    ACKNOWLEDGEMENT "SPSAcknowledgementType" {
        SPSAcknowledgementDocument One node(&ACKNOWLEDGEMENT_DOCUMENT),
    }

    EXCHANGED_DOCUMENT "SPSExchangedDocumentType" {
        Name OneOrMore TEXT,
        ID One ID,
        Description Any TEXT,
        TypeCode One code(List::DocumentName),
        StatusCode One code(List::Status),
        IssueDateTime One DATE,
        IssuerSPSParty Optional node(&PARTY),
        IncludedSPSNote Any node(&NOTE),
        ReferenceSPSReferencedDocument Any node(&REFERENCED_DOCUMENT),
        SignatorySPSAuthentication OneOrMore node(&AUTHENTICATION),
    }

    CONSIGNMENT "SPSConsignmentType" {
        ID Optional ID,
        AvailabilityDueDateTime Optional DATE,
        ExportExitDateTime Optional DATE,
        ShipStoresIndicator Optional INDICATOR,
        ConsignorSPSParty One node(&PARTY),
        ConsigneeSPSParty One node(&PARTY),
        ExportSPSCountry One node(&COUNTRY),
        ReExportSPSCountry Any node(&COUNTRY),
        StorageSPSEvent Any node(&EVENT),
        LoadingBaseportSPSLocation Optional node(&LOCATION),
        ImportSPSCountry One node(&COUNTRY),
        ConsigneeReceiptSPSLocation Optional node(&LOCATION),
        TransitSPSCountry Any node(&COUNTRY),
        TransitSPSLocation Any node(&LOCATION),
        UnloadingBaseportSPSLocation Optional node(&LOCATION),
        ExaminationSPSEvent One node(&EVENT),
        CarrierSPSParty Optional node(&PARTY),
        DespatchSPSParty Optional node(&PARTY),
        DeliverySPSParty Optional node(&PARTY),
        CustomsTransitAgentSPSParty Optional node(&PARTY),
        MainCarriageSPSTransportMovement Any node(&TRANSPORT_MOVEMENT),
        UtilizedSPSTransportEquipment Any node(&TRANSPORT_EQUIPMENT),
        IncludedSPSConsignmentItem OneOrMore node(&CONSIGNMENT_ITEM),
    }

    TRANSPORT_MOVEMENT "SPSTransportMovementType" {
        ID Optional ID,
        ModeCode One code(List::Transport),
        UsedSPSTransportMeans Optional node(&TRANSPORT_MEANS),
    }

    TRANSPORT_EQUIPMENT "SPSTransportEquipmentType" {
        ID One ID,
        AffixedSPSSeal Any node(&SEAL),
        SettingSPSTemperature Any node(&TEMPERATURE),
    }

    ADDRESS "SPSAddressType" {
        PostcodeCode Optional CODE,
        LineOne Optional TEXT,
        LineTwo Optional TEXT,
        LineThree Optional TEXT,
        LineFour Optional TEXT,
        LineFive Optional TEXT,
        CityName Optional TEXT,
        CountryID Optional ID,
        TypeCode Optional CODE,
        CountryName Optional TEXT,
        CountrySubDivisionID Optional ID,
        CountrySubDivisionName Optional TEXT,
        CityID Optional ID,
    }

    AUTHENTICATION "SPSAuthenticationType" {
        TypeCode Optional code(List::GovernmentAction),
        ActualDateTime One DATE,
        IssueSPSLocation Optional node(&LOCATION),
        ProviderSPSParty One node(&PARTY),
        LocationProviderSPSParty Optional node(&PARTY),
        IncludedSPSClause OneOrMore node(&CLAUSE),
    }

    LOCATION "SPSLocationType" {
        ID Optional ID,
        Name OneOrMore TEXT,
    }

    NOTE "SPSNoteType" {
        Subject Optional TAG,
        ContentCode Any CODE,
        Content OneOrMore TEXT,
        SubjectCode Optional CODE,
    }

    TRANSPORT_MEANS "SPSTransportMeansType" {
        Name One TEXT,
    }

    REFERENCED_DOCUMENT "SPSReferencedDocumentType" {
        IssueDateTime Optional DATE,
        TypeCode Optional code(List::DocumentName),
        RelationshipTypeCode One code(List::Reference),
        ID One ID,
        AttachmentBinaryObject Any BINARY,
        Information Optional TEXT,
    }

    PARTY "SPSPartyType" {
        ID Optional ID,
        Name One TEXT,
        RoleCode Optional code(List::PartyRole),
        TypeCode Any CODE,
        SpecifiedSPSAddress Optional node(&ADDRESS),
        DefinedSPSContact Any node(&CONTACT),
        SpecifiedSPSPerson Optional node(&PERSON),
    }

    EVENT "SPSEventType" {
        OccurrenceSPSLocation One node(&LOCATION),
    }

    COUNTRY "SPSCountryType" {
        ID One id(List::Country),
        Name OneOrMore TEXT,
        SubordinateSPSCountrySubDivision Any node(&COUNTRY_SUB_DIVISION),
    }

    CONSIGNMENT_ITEM "SPSConsignmentItemType" {
        NatureIdentificationSPSCargo Any node(&CARGO),
        IncludedSPSTradeLineItem OneOrMore node(&TRADE_LINE_ITEM),
    }

    ACKNOWLEDGEMENT_DOCUMENT "SPSAcknowledgementDocumentType" {
        IssueDateTime One DATE,
        StatusCode One code(List::Status),
        ReasonInformation Any TEXT,
        ReferenceSPSReferencedDocument OneOrMore node(&REFERENCED_DOCUMENT),
    }

    TRADE_LINE_ITEM "SPSTradeLineItemType" {
        SequenceNumeric One NUMERIC,
        Description OneOrMore TEXT,
        CommonName Any TEXT,
        ScientificName Any TEXT,
        ProductionBatchID Any ID,
        IntendedUse Any TEXT,
        ExpiryDateTime Any DATE,
        NetWeightMeasure Optional MEASURE,
        GrossWeightMeasure Optional MEASURE,
        NetVolumeMeasure Optional MEASURE,
        GrossVolumeMeasure Optional MEASURE,
        AdditionalInformationSPSNote Any node(&NOTE),
        ApplicableSPSClassification Any node(&CLASSIFICATION),
        PhysicalSPSPackage Any node(&PACKAGE),
        AssociatedSPSTransportEquipment Any node(&TRANSPORT_EQUIPMENT),
        OriginSPSCountry Any node(&COUNTRY),
        OriginSPSLocation Any node(&LOCATION),
        AppliedSPSProcess Any node(&PROCESS),
        AssertedSPSAuthentication Any node(&AUTHENTICATION),
        ReferenceSPSReferencedDocument Any node(&REFERENCED_DOCUMENT),
    }

    CLASSIFICATION "SPSClassificationType" {
        SystemID Optional ID,
        SystemName OneOrMore TAG,
        ClassCode Optional CODE,
        ClassName OneOrMore TEXT,
    }

    PROCESS "SPSProcessType" {
        TypeCode One code(List::Process),
        CompletionSPSPeriod Optional node(&PERIOD),
        ApplicableSPSProcessCharacteristic Any node(&PROCESS_CHARACTERISTIC),
        OperationSPSCountry Optional node(&COUNTRY),
        OperatorSPSParty Optional node(&PARTY),
    }

    PROCESS_CHARACTERISTIC "SPSProcessCharacteristicType" {
        TypeCode Optional code(List::MeasuredAttribute),
        Description OneOrMore TEXT,
        ValueMeasure Optional MEASURE,
        MinimumValueMeasure Optional MEASURE,
        MaximumValueMeasure Optional MEASURE,
    }

    PERIOD "SPSPeriodType" {
        StartDateTime One DATE,
        EndDateTime Optional DATE,
        DurationMeasure Optional MEASURE,
    }

    PACKAGE "SPSPackageType" {
        LevelCode One code(List::PackagingLevel),
        TypeCode One code(List::Package),
        ItemQuantity One QUANTITY,
        NominalGrossWeightMeasure Optional MEASURE,
        NominalGrossVolumeMeasure Optional MEASURE,
        PhysicalSPSShippingMarks Any node(&SHIPPING_MARKS),
    }

    SHIPPING_MARKS "SPSShippingMarksType" {
        Marking One TEXT,
    }

    CARGO "SPSCargoType" {
        TypeCode One code(List::Cargo),
    }

    COUNTRY_SUB_DIVISION "SPSCountrySubDivisionType" {
        ID Optional ID,
        Name OneOrMore TEXT,
        HierarchicalLevelCode One CODE,
        FunctionTypeCode Optional CODE,
        SuperordinateSPSCountrySubDivision Any node(&COUNTRY_SUB_DIVISION),
        SubordinateSPSCountrySubDivision Any node(&COUNTRY_SUB_DIVISION),
        ActivityAuthorizedSPSParty Any node(&PARTY),
    }

    PERSON "SPSPersonType" {
        Name One TEXT,
        AttainedSPSQualification Any node(&QUALIFICATION),
    }

    QUALIFICATION "SPSQualificationType" {
        Name OneOrMore TEXT,
        AbbreviatedName Optional TEXT,
    }

    CONTACT "SPSContactType" {
        PersonName One TEXT,
    }

    CLAUSE "SPSClauseType" {
        ID Optional ID,
        Content OneOrMore TEXT,
    }

    TEMPERATURE "SPSTemperatureType" {
        ValueMeasure Optional MEASURE,
        MinimumValueMeasure Optional MEASURE,
        MaximumValueMeasure Optional MEASURE,
        TypeCode Optional code(List::Temperature),
    }

    SEAL "SPSSealType" {
        ID One ID,
        MaximumID Optional ID,
        IssuingSPSParty Optional node(&PARTY),
    }
}

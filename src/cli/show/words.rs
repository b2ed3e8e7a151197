//! What stands before the values, in English and Chinese.

//------------ Label ---------------------------------------------------------

/// A label in two languages; a number where there are several.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Label {
    pub english: &'static str,
    pub chinese: &'static str,
    pub n: Option<usize>,
}

macro_rules! labels {
    ($($name:ident $english:literal $chinese:literal,)+) => {
        impl Label {
            $(pub const $name: Label = Label {
                english: $english, chinese: $chinese, n: None,
            };)+
        }
    };
}

labels! {
    ISSUED "Issue" "签发",
    STATUS "Status" "状态",
    ISSUER "Issued by" "签发机构",
    ISSUE_DATE "Date of issue" "签发日期",
    EXPORT "Exporting country" "出口国",
    RE_EXPORT_FROM "Country of re-export" "转口国",
    IMPORT "To: importing country" "进口国",
    TRANSIT "Country of transit" "过境国",
    LIABILITY "Financial liability" "财务责任",
    CONSIGNMENT "Description of consignment" "货物描述",
    EXPORTER "Exporter" "出口商",
    CONSIGNEE "Declared consignee" "申报收货人",
    CONVEYANCE "Means of conveyance" "运输方式",
    EXIT_DATE "Leaves on" "出境日期",
    ENTRY "Point of entry" "入境口岸",
    MARKS "Distinguishing marks" "识别标记",
    CONTAINERS "Containers and seals" "集装箱和封识",
    EXAMINED "Examined at" "查验地点",
    PRODUCE "Name of produce" "产品名称",
    COMMON_NAME "Common name" "俗名",
    BOTANICAL "Botanical name" "学名",
    QUANTITY "Quantity declared" "申报数量",
    PACKAGES "Number and description of packages" "包装数量和种类",
    ORIGIN "Place of origin" "原产地",
    ORIGIN_PLACE "Place of production" "生产地",
    BATCH "Lots" "批次",
    USE "Intended use" "用途",
    EXPIRY "Expires on" "有效期至",
    HS "HS code" "商品编码",
    PLANT_PART "Commodity class" "商品类别",
    CONDITION "Condition" "状况",
    DECLARATION "Additional declaration" "附加声明",
    ADDITIONAL "Declaration" "声明",
    PERMIT "Import permit" "进口许可证",
    INSPECTED "Date of inspection" "检验日期",
    OFFICIAL "Official information" "官方信息",
    TREATMENT "Treatment" "处理方法",
    DATE "Date" "日期",
    CHEMICAL "Chemical (active ingredient)" "药剂（有效成分）",
    DURATION "Duration and temperature" "时间和温度",
    CONCENTRATION "Concentration" "浓度",
    MORE "Additional information" "附加信息",
    ORIGINAL "Original certificate" "原证书",
    STATED "Stated" "说明",
    FACTS "The consignment is" "货物情况",
    REPLACES "Replaces a certificate" "替代证书",
    NUMBER "Number" "编号",
    REASON "Reason" "原因",
    ATTACHED "Attached" "附件",
    DOCUMENTS "Documents" "文件",
    FURTHER "Further" "其他",
    OTHER_VALUES "By the names of the standard" "按标准名称",
    SIGNED "Certified" "签证",
    STATEMENT "Certifying statement" "证明",
    PLACE "Place of issue" "签发地点",
    OFFICER "Authorized officer" "授权签证人员",
    ORGANIZATION "Organization" "机构",
    TRAINING "TRAINING - not valid" "培训用 - 无效",
    ITEM "Item" "货物",
    TREATED "Treatment of item" "处理：货物",
    RE_EXPORTED "Re-export of item" "转口：货物",
    PHYTOSANITARY "Phytosanitary certificate" "植物检疫证书",
    PHYTOSANITARY_RE_EXPORT "Phytosanitary certificate for re-export" "转口植物检疫证书",
    SANITARY "Sanitary certificate" "卫生证书",
    VETERINARY "Veterinary certificate" "兽医卫生证书",
    HEALTH "Health certificate" "健康证书",
    INSPECTION "Inspection certificate" "检验证书",
    OTHER "Certificate" "证书",
}

impl Label {
    /// The title of a document by its type (list 1001).
    pub fn document(kind: &str) -> Label {
        match kind {
            "851" => Label::PHYTOSANITARY,
            "657" => Label::PHYTOSANITARY_RE_EXPORT,
            "852" => Label::SANITARY,
            "853" => Label::VETERINARY,
            "636" => Label::HEALTH,
            "856" => Label::INSPECTION,
            _ => Label::OTHER,
        }
    }

    /// Item `n` of the consignment.
    pub fn item(n: usize) -> Label {
        Label { n: Some(n), ..Label::ITEM }
    }

    /// A treatment of item `n`.
    pub fn treatment(n: usize) -> Label {
        Label { n: Some(n), ..Label::TREATED }
    }

    /// What is said of item `n` for re-export.
    pub fn re_export(n: usize) -> Label {
        Label { n: Some(n), ..Label::RE_EXPORTED }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.n {
            Some(n) => write!(f, "{} {n} · {} {n}", self.english, self.chinese),
            None => write!(f, "{} · {}", self.english, self.chinese),
        }
    }
}

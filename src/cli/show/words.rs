//! What stands before the values, in English and Chinese. The labels of the
//! model certificates are those of ISPM 12.

//------------ Label ---------------------------------------------------------

/// A label in two languages; a number where there are several.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Label {
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
    // The head.
    NUMBER "No." "编号",
    KIND "Type of document" "证书类型",
    STATUS "Status in this document" "本文件所载状态",
    TODAY "On record here today" "本系统当前记录",
    ISSUE_DATE "Date of issue" "签发日期",
    ORGANIZATION_OF "Plant Protection Organization of" "植物保护机构（签发国）",
    ORGANIZATION_OF_RE_EXPORT "Plant Protection Organization of (contracting party of re-export)" "植物保护机构（转口缔约方）",
    TO "TO: Plant Protection Organization(s) of" "致：进口国植物保护机构",
    TO_RE_EXPORT "TO: Plant Protection Organization(s) of (contracting party(ies) of import)" "致：植物保护机构（输入缔约方）",
    AUTHORITY "Issuing authority" "签发机构",
    TO_AUTHORITY "To: importing country" "致：进口国",
    TRANSIT "Country of transit" "过境国",
    RE_EXPORT_FROM "Country of re-export" "转口国",
    // I.
    CONSIGNMENT "I. Description of consignment" "一、货物说明",
    EXPORTER "Name and address of exporter" "出口商名称和地址",
    CONSIGNEE "Declared name and address of consignee" "申报的收货人名称和地址",
    PACKAGES "Number and description of packages" "包装件数和种类说明",
    MARKS "Distinguishing marks" "识别标记",
    ORIGIN "Place of origin" "原产地",
    CONVEYANCE "Declared means of conveyance" "申报的运输方式",
    ENTRY "Declared point of entry" "申报的入境口岸",
    PRODUCE "Name of produce and quantity declared" "产品名称和申报数量",
    BOTANICAL "Botanical name of plants" "植物学名",
    SCIENTIFIC "Scientific name" "学名",
    // The statement.
    STATEMENT "Certifying statement" "证明声明",
    MODEL_1 "Wording of the model certificate of ISPM 12 for clause 1; the document names the clause and holds no text of it" "ISPM 12 证书范本第 1 条的措辞；本文件只列条款编号，未载条款文字",
    MODEL_2 "Wording of the model certificate of ISPM 12 for clause 2; the document names the clause and holds no text of it" "ISPM 12 证书范本第 2 条的措辞；本文件只列条款编号，未载条款文字",
    MODEL_RE_EXPORT "Wording of the model certificate for re-export of ISPM 12, filled in from the document" "ISPM 12 转口植物检疫证书范本的措辞，空白处按本文件填写",
    MODEL_LIABILITY "Wording of the model certificate of ISPM 12; the document holds only the number of the clause" "ISPM 12 证书范本的措辞；本文件只载条款编号",
    STATED "Statement named by the document" "本文件所载声明编号",
    // II.
    DECLARATION "II. Additional declaration" "二、附加声明",
    ADDITIONAL "Additional declaration" "附加声明",
    PERMIT "Import permit" "进口许可证",
    INSPECTED "Date of inspection" "检验日期",
    OFFICIAL "Additional official information" "其他官方信息",
    NOTES "Notes" "附注",
    OLDER "Declaration (older tag)" "声明（旧标签）",
    // III.
    DISINFESTATION "III. Disinfestation and/or disinfection treatment" "三、除害和/或消毒处理",
    TREATMENTS "III. Treatment and processing" "三、处理和加工",
    TREATMENT "Treatment" "处理方法",
    DATE "Date" "日期",
    CHEMICAL "Chemical (active ingredient)" "药剂（有效成分）",
    DURATION "Duration and temperature" "持续时间和温度",
    CONCENTRATION "Concentration" "浓度",
    MORE "Additional information" "附加信息",
    // The signature.
    SIGNED "Issue" "签发",
    PLACE "Place of issue" "签发地点",
    OFFICER "Name of authorized officer" "授权官员姓名",
    SIGNATURE "Signature" "签字",
    STAMP "Stamp of organization" "机构印章",
    SIGNER "Organization" "机构",
    SIGNED_ON "Date of certification" "签证日期",
    ACTION "Official action" "官方行为",
    LIABILITY "Financial liability" "经济责任",
    // Continuation and annex.
    CONTINUATION "Continuation sheet" "续页",
    ITEMS "Items of the consignment" "货物项",
    ITEM "Item" "货物项",
    ANNEX "Also in the certificate" "证书中的其他内容",
    REPLACES "Replaces a certificate" "替代的证书",
    REPLACED_NUMBER "Number of the certificate replaced" "被替代证书编号",
    REASON "Reason" "原因",
    REPLACEMENT "Statement of replacement" "替代声明",
    EXIT_DATE "Leaves on" "离境日期",
    LOADING "Place of loading" "装货地点",
    CONTAINERS "Containers and seals" "集装箱和封识",
    EXAMINED "Examined at" "查验地点",
    CARRIER "Carrier" "承运人",
    DESPATCH "Despatched by" "发运方",
    DELIVERY "Delivered by" "交货方",
    AGENT "Customs transit agent" "海关过境代理",
    TRANSIT_PLACE "Place of transit" "过境地点",
    RECEIPT "Place of receipt" "收货地点",
    STORAGE "Stored at" "储存地点",
    CONSIGNMENT_NUMBER "Number of the consignment" "货物编号",
    AVAILABLE "Available from" "可提供日期",
    NATURE "Nature of the goods" "货物性质",
    COMMON_NAME "Common name" "俗名",
    BATCH "Lots" "批次",
    USE "Intended use" "用途",
    EXPIRY "Expires on" "有效期至",
    CLASSES "Classification" "分类",
    PARTICULARS "Particulars of the consignment" "货物的其他事项",
    PARTICULARS_OF_ITEMS "Particulars of the items" "货物项的其他事项",
    ITEM_PARTICULARS "Particulars of item" "其他事项：货物项",
    DOCUMENTS "Documents and attachments" "文件和附件",
    ESTABLISHMENTS "Authorized establishments" "获准企业",
    DOCUMENT "Document" "文件",
    RELATION "Kind and relationship" "类型和关系",
    FILES "Attached files" "所附文件",
    OTHER_VALUES "By the names of the standard" "按标准名称列出",
    // Titles.
    PHYTOSANITARY "Phytosanitary certificate" "植物检疫证书",
    PHYTOSANITARY_RE_EXPORT "Phytosanitary certificate for re-export" "转口植物检疫证书",
    SANITARY "Sanitary certificate" "卫生证书",
    VETERINARY "Veterinary certificate" "兽医（动物卫生）证书",
    HEALTH "Health certificate" "健康证书",
    INSPECTION "Inspection certificate" "检验证书",
    OTHER "Certificate" "证书",
    // An answer.
    ANSWER "Answer to a certificate" "对证书的答复",
    ANSWERED "Certificate answered" "所答复的证书",
    ANSWERED_NUMBER "No. of the certificate answered" "所答复证书的编号",
    ANSWERED_KIND "Its type" "其类型",
    ANSWERED_DATE "Its date of issue" "其签发日期",
    ANSWERED_ON "Date of the answer" "答复日期",
    ANSWER_STATUS "Status in this answer" "本答复所载状态",
    REASONS "Reasons" "原因",
    // About the page.
    TRAINING "TRAINING – not valid" "培训用 – 无效",
    UNCLEAR "NOT CLEAR – more than one, or an unknown element" "不明确 – 内容不唯一或有未知元素",
    NO_CERTIFICATE "ANSWER – not a certificate" "答复 – 非证书",
    ELECTRONIC "electronic; not on this print" "电子形式，不在本打印件上",
    NOTHING "nothing stated" "未填写",
    SEE_TREATMENTS "see the continuation: treatments, in number" "见续页：处理项数",
    SEE_REPLACES "see: Replaces a certificate" "见：替代的证书",
    SEE_ITEMS "see the continuation: items" "见续页：货物项",
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

    /// The same label with a number.
    pub const fn nth(self, n: usize) -> Label {
        Label { n: Some(n), ..self }
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

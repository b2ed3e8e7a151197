//! What stands before the values, in English and Chinese; and the Chinese
//! names of the codes that certificates use most.

use crate::certificate::codes::List;

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

//------------ Codes ---------------------------------------------------------

/// The Chinese name of a code; absent where we have none.
pub fn chinese(list: List, code: &str) -> Option<&'static str> {
    let names: &[(&str, &str)] = match list {
        List::Status => &[
            ("39", "已批准"),
            ("40", "已撤销"),
            ("41", "被拒绝"),
            ("42", "待批准"),
            ("44", "已被替代"),
            ("47", "草稿"),
            ("64", "已取消"),
            ("70", "已签发"),
        ],
        List::Transport => &[
            ("0", "未说明"),
            ("1", "海运"),
            ("2", "铁路运输"),
            ("3", "公路运输"),
            ("4", "空运"),
            ("5", "邮寄"),
            ("6", "多式联运"),
            ("7", "固定设施运输"),
            ("8", "内河运输"),
            ("9", "不适用"),
        ],
        List::DocumentName => &[
            ("636", "健康证书"),
            ("657", "转口植物检疫证书"),
            ("851", "植物检疫证书"),
            ("852", "卫生证书"),
            ("853", "兽医卫生证书"),
            ("856", "检验证书"),
        ],
        List::PackagingLevel => {
            &[("1", "内包装"), ("2", "中包装"), ("3", "外包装"), ("4", "无包装层级")]
        }
        List::Package => &[
            ("BE", "捆"),
            ("BG", "袋"),
            ("BX", "盒"),
            ("CA", "罐"),
            ("CR", "板条箱"),
            ("CS", "箱"),
            ("CT", "纸箱"),
            ("DR", "桶"),
            ("PX", "托盘"),
            ("SA", "大袋"),
            ("VO", "散装固体（块状）"),
            ("VR", "散装固体（颗粒）"),
            ("VY", "散装固体（粉末）"),
        ],
        List::Unit => &[
            ("A93", "克每立方米"),
            ("CEL", "摄氏度"),
            ("DAY", "天"),
            ("GRM", "克"),
            ("H87", "件"),
            ("HUR", "小时"),
            ("KGM", "千克"),
            ("LTR", "升"),
            ("MIN", "分钟"),
            ("MTQ", "立方米"),
            ("TNE", "吨"),
        ],
        _ => &[],
    };
    names.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    /// A name for a code that the list does not have would never be shown.
    #[test]
    fn chinese_names_are_of_codes_of_the_lists() {
        for list in [
            List::Status,
            List::Transport,
            List::DocumentName,
            List::PackagingLevel,
            List::Package,
            List::Unit,
        ] {
            let named = list.rows().filter(|(code, _)| chinese(list, code).is_some()).count();
            assert!(named >= 4, "{list:?}");
        }
        assert_eq!(chinese(List::Unit, "KGM"), Some("千克"));
        for code in ["39", "40", "41", "42", "44", "47", "64", "70"] {
            assert!(chinese(List::Status, code).is_some() && List::Status.name(code).is_some());
        }
        assert_eq!(chinese(List::Country, "BV"), None);
    }
}

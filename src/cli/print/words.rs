//! The page's own words, in the languages it can be printed in. Titles of forms, fields, steps and record types come from the daemon.

/// All words of one language.
#[derive(Debug)]
pub struct Words {
    /// Its tag, as the daemon knows it.
    pub language: &'static str,
    /// Its tag, as browsers and PDF readers know it.
    pub tag: &'static str,
    pub work_order: &'static str,
    pub record_type: &'static str,
    pub status: &'static str,
    pub reference: &'static str,
    pub received: &'static str,
    pub completed: &'static str,
    pub engineer: &'static str,
    pub customer: &'static str,
    pub account: &'static str,
    pub contact: &'static str,
    pub phone: &'static str,
    pub email: &'static str,
    pub terminal: &'static str,
    pub name: &'static str,
    pub product: &'static str,
    pub serial_number: &'static str,
    pub site: &'static str,
    pub warranty_end: &'static str,
    pub reported: &'static str,
    pub more: &'static str,
    pub visits: &'static str,
    pub from: &'static str,
    pub until: &'static str,
    pub done: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub by: &'static str,
    pub work_completed: &'static str,
    pub step_skipped: &'static str,
    pub labor: &'static str,
    pub time: &'static str,
    pub total: &'static str,
    pub running: &'static str,
    pub evaluate: &'static str,
    pub valid_until: &'static str,
    pub signatures: &'static str,
    pub customer_signature: &'static str,
    pub engineer_signature: &'static str,
    pub date: &'static str,
    pub void: &'static str,
    pub deleted: &'static str,
    /// Between a title and what belongs to it.
    pub colon: &'static str,
    /// The same as [`Words::page`], as CSS counts.
    pub page_numbers: &'static str,
}

static ENGLISH: Words = Words {
    language: "en",
    tag: "en",
    work_order: "Work Order",
    record_type: "Type",
    status: "Status",
    reference: "Your reference",
    received: "Received",
    completed: "Completed",
    engineer: "Engineer",
    customer: "Customer",
    account: "Company",
    contact: "Contact",
    phone: "Phone",
    email: "E-mail",
    terminal: "Equipment",
    name: "Name",
    product: "Product",
    serial_number: "Serial number",
    site: "Site",
    warranty_end: "Warranty until",
    reported: "What was reported",
    more: "More",
    visits: "Visits on site",
    from: "From",
    until: "Until",
    done: "What was done",
    when: "When",
    what: "What",
    by: "By",
    work_completed: "Work completed",
    step_skipped: "not carried out",
    labor: "Labor time",
    time: "Time",
    total: "Total",
    running: "running",
    evaluate: "How did we do? Please scan the code to rate our service.",
    valid_until: "Open until",
    signatures: "Signatures",
    customer_signature: "Customer",
    engineer_signature: "Engineer",
    date: "Date",
    void: "VOID",
    deleted: "DELETED",
    colon: ": ",
    page_numbers: r#"@page { @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 9pt; color: #555; } }"#,
};

static CHINESE: Words = Words {
    language: "zh",
    tag: "zh-CN",
    work_order: "工单",
    record_type: "类型",
    status: "状态",
    reference: "客户编号",
    received: "受理时间",
    completed: "完成时间",
    engineer: "工程师",
    customer: "客户",
    account: "公司",
    contact: "联系人",
    phone: "电话",
    email: "电子邮箱",
    terminal: "设备",
    name: "名称",
    product: "产品",
    serial_number: "序列号",
    site: "安装地点",
    warranty_end: "保修至",
    reported: "报修内容",
    more: "其他信息",
    visits: "上门时间",
    from: "开始",
    until: "结束",
    done: "服务内容",
    when: "时间",
    what: "内容",
    by: "人员",
    work_completed: "已完成",
    step_skipped: "未执行",
    labor: "工时",
    time: "时长",
    total: "合计",
    running: "进行中",
    evaluate: "请扫描二维码，对我们的服务进行评价。",
    valid_until: "有效期至",
    signatures: "签字",
    customer_signature: "客户签字",
    engineer_signature: "工程师签字",
    date: "日期",
    void: "已作废",
    deleted: "已删除",
    colon: "：",
    page_numbers: r#"@page { @bottom-right { content: "第 " counter(page) " 页，共 " counter(pages) " 页"; font-size: 9pt; color: #555; } }"#,
};

impl Words {
    /// Of a language tag: Chinese for all kinds of Chinese, else English.
    pub fn of(tag: &str) -> &'static Words {
        if tag.split(['-', '_']).next() == Some(CHINESE.language) { &CHINESE } else { &ENGLISH }
    }

    fn chinese(&self) -> bool {
        self.language == CHINESE.language
    }

    /// Where it stands; how it ended, if it has.
    pub fn standing(&self, status: &str, outcome: Option<&str>) -> String {
        let word = outcome.unwrap_or(status);
        let chinese = match word {
            "open" => "待处理",
            "in progress" => "处理中",
            "resolved" => "已解决",
            "closed" => "已关闭",
            "completed" => "已完成",
            "cancelled" => "已取消",
            "rejected" => "已拒绝",
            other => other,
        };
        if self.chinese() { chinese.to_owned() } else { word.to_owned() }
    }

    /// What a service record tells of.
    pub fn record(&self, kind: &str) -> String {
        let (english, chinese) = match kind {
            "visit" => ("Visit", "上门"),
            "call" => ("Call", "电话"),
            "e-mail" => ("E-mail", "邮件"),
            other => (other, other),
        };
        if self.chinese() { chinese } else { english }.to_owned()
    }

    /// `1 h 05 min`.
    pub fn span(&self, milliseconds: i64) -> String {
        let minutes = milliseconds.max(0) / 60_000;
        match (self.chinese(), minutes / 60, minutes % 60) {
            (true, 0, minutes) => format!("{minutes} 分钟"),
            (true, hours, minutes) => format!("{hours} 小时 {minutes:02} 分钟"),
            (false, 0, minutes) => format!("{minutes} min"),
            (false, hours, minutes) => format!("{hours} h {minutes:02} min"),
        }
    }

    /// When it was printed, and the zone of its times.
    pub fn printed(&self, at: &str, zone: Option<&str>) -> String {
        match (self.chinese(), zone) {
            (true, Some(zone)) => format!("打印时间 {at}（时区 {zone}）"),
            (true, None) => format!("打印时间 {at}"),
            (false, Some(zone)) => format!("Printed {at} (times in {zone})"),
            (false, None) => format!("Printed {at}"),
        }
    }

    /// `Page 1 of 5`.
    pub fn page(&self, page: usize, pages: usize) -> String {
        if self.chinese() { format!("第 {page} 页，共 {pages} 页") } else { format!("Page {page} of {pages}") }
    }
}

//! What the page for an auditor says, in its languages.

/// All words of one language.
#[derive(Debug)]
pub struct Words {
    pub tag: &'static str,
    pub title: &'static str,
    pub holds: &'static str,
    /// With `{n}` for how many.
    pub broken: &'static str,
    pub facts: Facts,
    pub checked: &'static str,
    pub rules: [&'static str; 5],
    pub not_proven: &'static str,
    pub limits: [&'static str; 3],
    pub sums: &'static str,
    pub stays: &'static str,
    pub none: &'static str,
    /// Work Order, node, came there, left, what let it pass, records.
    pub columns: [&'static str; 6],
    pub how: Hows,
    pub footer: &'static str,
}

/// The facts at the top.
#[derive(Debug)]
pub struct Facts {
    pub installation: &'static str,
    pub records: &'static str,
    pub from: &'static str,
    pub until: &'static str,
    pub head: &'static str,
    pub published: &'static str,
    pub none_published: &'static str,
}

/// How a stay ended: what it is called, and what goes before the time or the word that follows.
#[derive(Debug)]
pub struct Hows {
    pub by_link: (&'static str, &'static str),
    pub by_qr_code: (&'static str, &'static str),
    pub auto_completed: (&'static str, &'static str),
    pub ended: (&'static str, &'static str),
    pub otherwise: (&'static str, &'static str),
    pub waits: &'static str,
}

pub const EN: Words = Words {
    tag: "en",
    title: "Mandatory evaluations: what let each Work Order pass",
    holds: "Every Work Order that left a mandatory evaluation was let pass by an evaluation or by the auto-completion. Nothing else was found.",
    broken: "Findings: {n}. The history is not as it must be:",
    facts: Facts {
        installation: "Installation",
        records: "Records read",
        from: "First record",
        until: "Last record",
        head: "Head of the history",
        published: "Head that was published before, and is in this history",
        none_published: "none was given: that nothing was cut off at the end is not proven",
    },
    checked: "What was checked",
    rules: [
        "Every record of the history carries the hash of the one before it: none was altered, left out or put in between.",
        "At a mandatory evaluation a Work Order goes on only when an evaluation of that very stay has been recorded, or when the period that was set when it came there is up.",
        "The auto-completion never came before its time.",
        "Nobody skipped such a step, whatever their role; no batch, import or change of the process led around it.",
        "The check reads the history alone, by other code than the one that decides.",
    ],
    not_proven: "What this cannot tell",
    limits: [
        "Who sat in front of the screen: an evaluation was given through a link or a QR code of this Work Order.",
        "Whether the clock of the machine was right; changes of the clock beyond an hour hold auto-completions back.",
        "What came after the last record. Keep the head elsewhere, and give it at the next check.",
    ],
    sums: "In all",
    stays: "Every stay at a mandatory evaluation",
    none: "There was none.",
    columns: ["Work Order", "Node", "Came there", "Left", "What let it pass", "Records"],
    how: Hows {
        by_link: ("evaluation through the link of a message", ", received"),
        by_qr_code: ("evaluation by QR code", ", received"),
        auto_completed: ("auto-completion", ": no evaluation came in time; due"),
        ended: ("did not pass", ": the Work Order ended as"),
        otherwise: ("VIOLATION", ": left as"),
        waits: "waits there",
    },
    footer: "All times in UTC. Made by workorderd verify",
};

pub const ZH: Words = Words {
    tag: "zh-CN",
    title: "必须评价：每张工单凭什么通过",
    holds: "每一张离开必须评价节点的工单，都是凭一份评价或自动完成通过的。未发现其他情况。",
    broken: "发现 {n} 处异常。历史记录不符合要求：",
    facts: Facts {
        installation: "安装标识",
        records: "读取的记录数",
        from: "第一条记录",
        until: "最后一条记录",
        head: "历史记录的头",
        published: "此前公布的头，包含在本历史记录中",
        none_published: "未提供：无法证明末尾没有被截去",
    },
    checked: "检查了什么",
    rules: [
        "历史记录中每一条都带有前一条的哈希值：没有被修改、遗漏或插入的记录。",
        "在必须评价的节点，只有当本次停留的评价已记录，或进入节点时设定的期限已满，工单才会继续。",
        "自动完成从未提前发生。",
        "没有任何人跳过该步骤，无论其角色；批量操作、导入或流程变更都没有绕过它。",
        "检查只读取历史记录，所用代码与作出决定的代码无关。",
    ],
    not_proven: "无法说明什么",
    limits: [
        "屏幕前是谁：评价是通过该工单的链接或二维码提交的。",
        "机器时钟是否正确；时钟变动超过一小时，自动完成会暂停。",
        "最后一条记录之后发生的事。请在别处保存此头，并在下次检查时提供。",
    ],
    sums: "合计",
    stays: "在必须评价节点的每一次停留",
    none: "没有。",
    columns: ["工单", "节点", "进入", "离开", "凭什么通过", "记录"],
    how: Hows {
        by_link: ("通过消息中的链接评价", "，收到于"),
        by_qr_code: ("通过二维码评价", "，收到于"),
        auto_completed: ("自动完成", "：期限内没有评价；到期于"),
        ended: ("没有通过", "：工单结束，结果为"),
        otherwise: ("违规", "：离开方式为"),
        waits: "在此等待",
    },
    footer: "所有时间均为 UTC。由 workorderd verify 生成",
};

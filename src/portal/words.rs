//! What the pages say, in the languages that there are. What a template asks comes with its own titles.

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// Texts of one language.
#[derive(Debug)]
pub struct Words {
    /// As `lang` of a page.
    pub tag: &'static str,
    /// The other language, in its own words.
    pub other: (&'static str, &'static str),
    pub about: &'static str,
    pub required: &'static str,
    pub optional: &'static str,
    pub send: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub stars: (&'static str, &'static str),
    pub confirm_title: &'static str,
    pub solved: &'static str,
    pub not_solved: &'static str,
    pub reason: &'static str,
    pub check: &'static str,
    pub needed: &'static str,
    /// Photos that a question takes; # is how many.
    pub photos: &'static str,
    pub photos_wrong: &'static str,
    pub thanks: &'static str,
    pub thanks_text: &'static str,
    pub confirmed_text: &'static str,
    pub returned_text: &'static str,
    pub given: &'static str,
    pub given_text: &'static str,
    pub over: &'static str,
    pub over_text: &'static str,
    pub called_off_text: &'static str,
    pub unknown: &'static str,
    pub unknown_text: &'static str,
    pub later: &'static str,
    pub later_text: &'static str,
    pub too_many: &'static str,
    pub too_many_text: &'static str,
    pub bad: &'static str,
    pub bad_text: &'static str,
}

impl Language {
    /// The one that fits a tag such as `zh-CN` best; English for all others.
    pub fn of(tag: &str) -> Self {
        match tag.split(['-', '_']).next() {
            Some(primary) if primary.eq_ignore_ascii_case("zh") => Self::Chinese,
            Some(_) | None => Self::English,
        }
    }

    /// By what a browser prefers (`Accept-Language`), for pages that belong to nobody we know.
    pub fn preferred(header: &str) -> Self {
        let tag = |part: &str| part.split(';').next().unwrap_or("").trim().to_owned();
        let known = |tag: &String| ["zh", "en"].iter().any(|known| tag.to_ascii_lowercase().starts_with(known));
        header.split(',').map(tag).find(known).map_or(Self::English, |tag| Self::of(&tag))
    }

    /// Its texts.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

const ENGLISH: Words = Words {
    tag: "en",
    other: ("zh", "中文"),
    about: "About",
    required: "required",
    optional: "optional",
    send: "Send",
    yes: "Yes",
    no: "No",
    stars: ("poor", "excellent"),
    confirm_title: "Is it solved?",
    solved: "Yes, it is solved",
    not_solved: "No, not yet",
    reason: "What is still wrong?",
    check: "Please look at what is marked below.",
    needed: "Please answer this.",
    photos: "Up to # (JPEG, PNG, WebP, HEIC), 16 MB each.",
    photos_wrong: "Please choose photos of these kinds and sizes, and not too many.",
    thanks: "Thank you!",
    thanks_text: "Your answers have arrived.",
    confirmed_text: "We have noted that it is solved.",
    returned_text: "We have noted that it is not solved yet, and will see to it.",
    given: "You have answered already",
    given_text: "Each link can be used once. This is what you told us:",
    over: "This link is over",
    over_text: "The time for an answer is up, or what it was for is done.",
    called_off_text: "The order has been called off; there is nothing to answer.",
    unknown: "This link is not known",
    unknown_text: "Please open it again from the message that you got, as a whole.",
    later: "Please try again in a few minutes",
    later_text: "We cannot take your answer just now. The link stays good.",
    too_many: "Too many requests",
    too_many_text: "Please wait a minute and try again.",
    bad: "That did not work",
    bad_text: "Please open the link again and fill in the page as it is shown.",
};

const CHINESE: Words = Words {
    tag: "zh",
    other: ("en", "English"),
    about: "工单",
    required: "必填",
    optional: "选填",
    send: "提交",
    yes: "是",
    no: "否",
    stars: ("很差", "非常好"),
    confirm_title: "问题是否已解决？",
    solved: "是，已解决",
    not_solved: "否，尚未解决",
    reason: "还有什么问题？",
    check: "请检查下面标出的内容。",
    needed: "请填写此项。",
    photos: "最多 # 张（JPEG、PNG、WebP、HEIC），每张不超过 16 MB。",
    photos_wrong: "请按要求选择照片的格式、大小和数量。",
    thanks: "感谢您！",
    thanks_text: "您的反馈已收到。",
    confirmed_text: "我们已记录：问题已解决。",
    returned_text: "我们已记录：问题尚未解决，我们会继续处理。",
    given: "您已经提交过",
    given_text: "每个链接只能使用一次。您提交的内容是：",
    over: "该链接已失效",
    over_text: "回复期限已过，或相关事项已处理完毕。",
    called_off_text: "该工单已取消，无需回复。",
    unknown: "找不到该链接",
    unknown_text: "请从您收到的消息中重新打开完整的链接。",
    later: "请几分钟后再试",
    later_text: "暂时无法接收您的反馈，链接仍然有效。",
    too_many: "请求过多",
    too_many_text: "请稍等一分钟再试。",
    bad: "操作未成功",
    bad_text: "请重新打开链接，并按页面提示填写。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_customers_and_english_for_all_others() {
        for (tag, language) in
            [("zh", Language::Chinese), ("zh-TW", Language::Chinese), ("ZH_cn", Language::Chinese), ("en", Language::English)]
        {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
        assert_eq!(Language::of("pt-BR"), Language::English);
        assert_eq!(Language::preferred("fr-FR, zh-CN;q=0.9, en;q=0.8"), Language::Chinese);
        assert_eq!(Language::preferred(""), Language::English);
    }
}

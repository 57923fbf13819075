//! How many segments a text takes: known answers, the borders, and a slow way of counting that must agree.

use proptest::prelude::*;
use workorderd::gateway::{Alphabet, Segments, segments, ucs2_segments};

fn gsm7(count: usize) -> Segments {
    Segments { count, alphabet: Alphabet::Gsm7 }
}

fn ucs2(count: usize) -> Segments {
    Segments { count, alphabet: Alphabet::Ucs2 }
}

#[test]
fn the_borders_of_each_alphabet_are_where_the_standard_puts_them() {
    let table = [("a", [160, 306, 459, 612], gsm7 as fn(usize) -> Segments), ("中", [70, 134, 201, 268], ucs2)];
    for (character, borders, alphabet) in table {
        for (at, border) in borders.into_iter().enumerate() {
            assert_eq!(segments(&character.repeat(border)), alphabet(at + 1), "{border}");
            assert_eq!(segments(&character.repeat(border + 1)), alphabet(at + 2), "{border} and one");
        }
    }
    assert_eq!(segments(""), gsm7(1));
}

#[test]
fn an_escaped_character_is_two_septets_and_is_not_split() {
    for escaped in "^{}\\[~]|€\u{c}".chars() {
        assert_eq!(segments(&escaped.to_string().repeat(80)), gsm7(1), "{escaped:?}");
        assert_eq!(segments(&escaped.to_string().repeat(81)), gsm7(2), "{escaped:?}");
        // 76 fit on 153 septets, with one to spare.
        assert_eq!(segments(&escaped.to_string().repeat(152)), gsm7(2), "{escaped:?}");
        assert_eq!(segments(&escaped.to_string().repeat(153)), gsm7(3), "{escaped:?}");
    }
    // 306 septets fit on two, but not with an escape across the border.
    let across = format!("{}€{}", "a".repeat(152), "a".repeat(152));
    assert_eq!(segments(&across), gsm7(3));
    let beside = format!("{}€{}", "a".repeat(151), "a".repeat(153));
    assert_eq!(segments(&beside), gsm7(2));
}

#[test]
fn a_surrogate_pair_is_two_units_and_is_not_split() {
    assert_eq!(segments(&"😀".repeat(35)), ucs2(1));
    assert_eq!(segments(&"😀".repeat(36)), ucs2(2));
    // 33 fit on 67 units, with one to spare.
    assert_eq!(segments(&"😀".repeat(66)), ucs2(2));
    assert_eq!(segments(&"😀".repeat(67)), ucs2(3));
    assert_eq!(segments(&format!("{}😀{}", "中".repeat(66), "中".repeat(66))), ucs2(3));
    assert_eq!(segments(&format!("{}😀{}", "中".repeat(65), "中".repeat(67))), ucs2(2));
}

#[test]
fn one_character_outside_the_gsm_alphabet_makes_the_whole_text_ucs2() {
    for inside in "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà\n\r".chars()
    {
        assert_eq!(segments(&format!("{}{inside}", "a".repeat(159))), gsm7(1), "{inside:?}");
    }
    for outside in "`çáíóúâêîôûÀÁ“”’–—…\tαЖ中，。【】\u{a0}\u{200b}".chars() {
        assert_eq!(segments(&format!("{}{outside}", "a".repeat(69))), ucs2(1), "{outside:?}");
        assert_eq!(segments(&format!("{}{outside}", "a".repeat(70))), ucs2(2), "{outside:?}");
    }
}

#[test]
fn chinese_carriers_count_latin_letters_as_they_count_chinese_ones() {
    assert_eq!(ucs2_segments(&"a".repeat(70)), 1);
    assert_eq!(ucs2_segments(&"a".repeat(71)), 2);
    assert_eq!(ucs2_segments("【示例】李女士，您的工单 WO-7 已完成，请评价：https://f.example/x7"), 1);
}

/// Cuts the text as a sender would, and counts the parts.
fn cut(text: &str, alone: usize, joined: usize, width: impl Fn(char) -> usize) -> usize {
    let wide = |text: &str| text.chars().map(&width).sum::<usize>();
    if wide(text) <= alone {
        return 1;
    }
    let (mut parts, mut rest) = (0, text);
    while !rest.is_empty() {
        let end =
            rest.char_indices().map(|(at, character)| at + character.len_utf8()).take_while(|end| wide(&rest[..*end]) <= joined).last();
        rest = &rest[end.unwrap()..];
        parts += 1;
    }
    parts
}

proptest! {
    #[test]
    fn counting_agrees_with_cutting(text in "([a-z€{}^]{0,60}|[中李😀a]{0,60}){0,12}") {
        let Segments { count, alphabet } = segments(&text);
        let expected = match alphabet {
            Alphabet::Gsm7 => cut(&text, 160, 153, |character| if "€{}^".contains(character) { 2 } else { 1 }),
            Alphabet::Ucs2 => cut(&text, 70, 67, char::len_utf16),
        };
        prop_assert_eq!(count, expected);
        prop_assert_eq!(alphabet == Alphabet::Ucs2, text.contains(['中', '李', '😀']));
        prop_assert_eq!(ucs2_segments(&text), cut(&text, 70, 67, char::len_utf16));
    }

    #[test]
    fn more_text_never_takes_fewer_segments(text in "[a€]{0,400}", more in "[a€]{0,20}") {
        let longer = text.clone() + &more;
        prop_assert!(segments(&longer).count >= segments(&text).count);
    }

    #[test]
    fn any_text_can_be_counted(text in any::<String>()) {
        prop_assert!(segments(&text).count >= 1);
    }
}

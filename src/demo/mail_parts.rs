//! Reads a caught mail: headers unfolded, encoded words, quoted-printable, base64, the text and HTML parts.
//! Written apart from what renders mails, so that a test of one checks the other. Lenient: what cannot be decoded is
//! shown as it is. UTF-8 and ASCII alone; attachments are left out.

/// The value of the first header of this name, unfolded and with encoded words decoded.
pub(super) fn header(raw: &[u8], name: &str) -> Option<String> {
    let (head, _) = split(raw);
    let head = String::from_utf8_lossy(head);
    let mut value: Option<String> = None;
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = &mut value {
                value.push_str(line);
            }
            continue;
        }
        if value.is_some() {
            break;
        }
        if let Some((found, rest)) = line.split_once(':')
            && found.eq_ignore_ascii_case(name)
        {
            value = Some(rest.to_owned());
        }
    }
    value.map(|value| encoded_words(value.trim()))
}

/// The first part of this type (`text/plain`, `text/html`), decoded, with line feeds as line ends.
pub(super) fn part(raw: &[u8], wanted: &str) -> Option<String> {
    part_within(raw, wanted, 4)
}

fn part_within(raw: &[u8], wanted: &str, depth: u8) -> Option<String> {
    let content_type = header(raw, "Content-Type").unwrap_or_else(|| "text/plain".to_owned());
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let (_, body) = split(raw);
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        let boundary = content_type.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?.trim_matches('"');
        let depth = depth.checked_sub(1)?;
        return parts(body, boundary).iter().find_map(|part| part_within(part, wanted, depth));
    }
    if !kind.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let encoding = header(raw, "Content-Transfer-Encoding").unwrap_or_default();
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        "base64" => base64(body).unwrap_or_else(|| body.to_vec()),
        "quoted-printable" => quoted_printable(body),
        _ => body.to_vec(),
    };
    Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

/// The parts between the lines that are the boundary; the line end before a boundary belongs to the boundary.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let opening = format!("--{boundary}").into_bytes();
    let closing = format!("--{boundary}--").into_bytes();
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut position = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\r\n").unwrap_or(line);
        let ends = bare == closing;
        if ends || bare == opening {
            if let Some(start) = start {
                let part = body.get(start..position).unwrap_or_default();
                parts.push(part.strip_suffix(b"\r\n").unwrap_or(part));
            }
            start = Some(position + line.len());
        }
        if ends {
            break;
        }
        position += line.len();
    }
    parts
}

/// Head and body, parted by the first empty line.
fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    match raw.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
        Some(end) => (&raw[..end], &raw[end + 4..]),
        None => (raw, &[]),
    }
}

/// RFC 2047: `=?utf-8?b?...?=`; white space between two encoded words is no part of the text.
fn encoded_words(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let between = &rest[..start];
        let Some((decoded, length)) = encoded_word(&rest[start..]) else {
            text.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            after_word = false;
            continue;
        };
        if !(after_word && between.trim().is_empty()) {
            text.push_str(between);
        }
        text.push_str(&decoded);
        rest = &rest[start + length..];
        after_word = true;
    }
    text.push_str(rest);
    text
}

/// The encoded word this starts with, and how long it is, in bytes.
fn encoded_word(text: &str) -> Option<(String, usize)> {
    let inside = text.strip_prefix("=?")?;
    let (charset, inside) = inside.split_once('?')?;
    let (encoding, inside) = inside.split_once('?')?;
    let (payload, rest) = inside.split_once("?=")?;
    if !charset.eq_ignore_ascii_case("utf-8") || payload.contains(' ') {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => base64(payload.as_bytes())?,
        "q" | "Q" => quoted_printable(payload.replace('_', " ").as_bytes()),
        _ => return None,
    };
    Some((String::from_utf8(bytes).ok()?, text.len() - rest.len()))
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'=' {
            bytes.push(*first);
        } else if let Some(next_line) = after.strip_prefix(b"\r\n") {
            rest = next_line;
        } else if let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(b'=');
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Base64 in the standard alphabet; line ends are skipped, and nothing may follow the padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0u32;
    let mut count = 0u32;
    let mut padded = false;
    for byte in text {
        let value = match byte {
            b'\r' | b'\n' => continue,
            b'=' => {
                padded = true;
                continue;
            }
            _ if padded => return None,
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

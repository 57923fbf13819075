//! Tokens of links and sessions: who holds one may answer one invitation, or come into the portal as one contact. Nothing is stored, so a
//! copy of the data leaks none.
//!
//! A token is what it is for, in bytes, and a 128-bit MAC of that under the installation's secret. Never logged.

use crate::domain::ids::{CallNo, InvitationNo, MailNo, SignInNo, TerminalUserId, WorkOrderId};
use data_encoding::BASE64URL_NOPAD;

/// Bytes of the MAC.
const MAC: usize = 16;
/// First byte of what stands for a link to sign in, and for a session: neither is good for the other.
const SIGN_IN: u8 = 1;
const SESSION: u8 = 2;
/// And for the receipt of a message.
const RECEIPT: u8 = 3;
/// And for a call.
const CALL: u8 = 4;
/// Longest token that is looked at.
const TOKEN_MAX: usize = 64;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Invitation(WorkOrderId, InvitationNo),
    /// A link to sign in.
    SignIn(TerminalUserId, SignInNo),
    /// The session that this link has opened.
    Session(TerminalUserId, SignInNo),
    /// A gateway tells what became of a message.
    Receipt(WorkOrderId, MailNo),
    /// What a call center knows a call by, and tells how it goes with.
    Call(WorkOrderId, CallNo),
}

impl Token {
    /// The token, 46 characters of an invitation and 50 of the others, that fit into a URL.
    pub fn write(self, secret: &[u8; 32]) -> String {
        let mut bytes = self.bytes();
        let mac = blake3::keyed_hash(secret, &bytes);
        bytes.extend_from_slice(&mac.as_bytes()[..MAC]);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// What a token is for; none if it was not made here.
    pub fn read(secret: &[u8; 32], token: &str) -> Option<Self> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(token.trim().as_bytes()).ok()?;
        let (named, mac) = bytes.split_last_chunk::<MAC>()?;
        let expected = blake3::keyed_hash(secret, named);
        // Compared in constant time: how far a guess was right must not show.
        let differs = mac.iter().zip(expected.as_bytes()).fold(0, |d, (a, b)| d | (a ^ b));
        let token = Self::of(named)?;
        (differs == 0 || mutant!("any-token-opens")).then_some(token)
    }

    /// Each kind has a length of its own, or a first byte.
    fn bytes(self) -> Vec<u8> {
        let of = |kind: u8, id: u128, no: u32| [&[kind][..], &id.to_be_bytes(), &no.to_be_bytes()].concat();
        match self {
            Self::Invitation(order, no) => [&order.0.to_be_bytes()[..], &no.0.to_be_bytes()].concat(),
            Self::SignIn(id, no) => of(SIGN_IN, id.0, no.0),
            Self::Session(id, no) => of(SESSION, id.0, no.0),
            Self::Receipt(order, no) => of(RECEIPT, order.0, no.0),
            Self::Call(order, no) => of(CALL, order.0, no.0),
        }
    }

    fn of(named: &[u8]) -> Option<Self> {
        if let Ok(invitation) = <[u8; 18]>::try_from(named) {
            let (order, no) = invitation.split_first_chunk::<16>()?;
            return Some(Self::Invitation(WorkOrderId(u128::from_be_bytes(*order)), InvitationNo(u16::from_be_bytes(no.try_into().ok()?))));
        }
        let (kind, rest) = named.split_first()?;
        let (id, no) = rest.split_first_chunk::<16>()?;
        let (id, no) = (u128::from_be_bytes(*id), u32::from_be_bytes(no.try_into().ok()?));
        match *kind {
            SIGN_IN => Some(Self::SignIn(TerminalUserId(id), SignInNo(no))),
            SESSION => Some(Self::Session(TerminalUserId(id), SignInNo(no))),
            RECEIPT => Some(Self::Receipt(WorkOrderId(id), MailNo(no))),
            CALL => Some(Self::Call(WorkOrderId(id), CallNo(no))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const ALL: [Token; 5] = [
        Token::Invitation(WorkOrderId(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10), InvitationNo(3)),
        Token::SignIn(TerminalUserId(5), SignInNo(3)),
        Token::Session(TerminalUserId(5), SignInNo(3)),
        Token::Receipt(WorkOrderId(5), MailNo(3)),
        Token::Call(WorkOrderId(5), CallNo(3)),
    ];

    #[test]
    fn a_token_opens_what_it_was_made_for_and_nothing_else() {
        for token in ALL {
            let text = token.write(&SECRET);
            assert_eq!(Token::read(&SECRET, &text), Some(token));
            assert_eq!(Token::read(&[8; 32], &text), None, "of another installation");
            for at in 0..text.len() {
                assert_eq!(Token::read(&SECRET, &text[..at]), None, "cut at {at}");
                let mut bent = text.clone().into_bytes();
                bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
                let bent = String::from_utf8(bent).unwrap();
                // The last character holds fewer bits than it could: another one there is no base64, or no token.
                assert_eq!(Token::read(&SECRET, &bent), None, "bent at {at}");
            }
        }
        assert_eq!(ALL.map(|token| token.write(&SECRET).len()), [46, 50, 50, 50, 50]);
    }

    #[test]
    fn what_is_no_token_opens_nothing() {
        for text in ["", " ", "=", "é", "\0", "AAAA", &"A".repeat(46), &"A".repeat(50), &"A".repeat(64), &"A".repeat(100_000)] {
            assert_eq!(Token::read(&SECRET, text), None, "{text:.20}");
        }
    }
}

//! Link tokens: who holds one may answer one invitation. Nothing is stored, so a copy of the data leaks none.
//!
//! A token is the Work Order's id, the invitation's number and a 128-bit MAC under the installation's secret. Never logged.

use crate::domain::ids::{InvitationNo, WorkOrderId};
use data_encoding::BASE64URL_NOPAD;

/// The token of an invitation, 46 characters that fit into a URL.
pub fn token(secret: &[u8; 32], order: WorkOrderId, invitation: InvitationNo) -> String {
    let mut bytes = Vec::with_capacity(34);
    bytes.extend_from_slice(&order.0.to_be_bytes());
    bytes.extend_from_slice(&invitation.0.to_be_bytes());
    let mac = blake3::keyed_hash(secret, &bytes);
    bytes.extend_from_slice(&mac.as_bytes()[..16]);
    BASE64URL_NOPAD.encode(&bytes)
}

/// The invitation of a token; none if it was not made here.
pub fn open(secret: &[u8; 32], token: &str) -> Option<(WorkOrderId, InvitationNo)> {
    if token.len() > 64 {
        return None;
    }
    let bytes: [u8; 34] = BASE64URL_NOPAD.decode(token.trim().as_bytes()).ok()?.try_into().ok()?;
    let (named, mac) = bytes.split_at(18);
    let expected = blake3::keyed_hash(secret, named);
    // Compared in constant time: how far a guess was right must not show.
    let differs = mac.iter().zip(expected.as_bytes()).fold(0, |d, (a, b)| d | (a ^ b));
    let (order, invitation) = named.split_first_chunk::<16>()?;
    (differs == 0 || mutant!("any-token-opens"))
        .then_some((WorkOrderId(u128::from_be_bytes(*order)), InvitationNo(u16::from_be_bytes(invitation.try_into().ok()?))))
}

//! What became of a write to a REST plane (rank 6), as far as that is the same for all of them.

use compact_str::CompactString;

use super::Error;
use crate::{
    model::chain,
    ports::{Outcome, Refusal, RefusalClass},
};

/// Says what became of a write that got no answer.
#[must_use]
pub fn unanswered(error: &Error) -> Outcome {
    let class = match error {
        Error::Timeout { .. } | Error::Closed { .. } => return Outcome::Unknown(chain(error)),
        Error::TooLarge { .. } | Error::Unreadable { .. } => return Outcome::Unclear(chain(error)),
        Error::Settings(_) | Error::Secret { .. } | Error::Redirect { .. } => RefusalClass::Final,
        Error::Connect { .. } | Error::Tls { .. } | Error::Unreachable(_) => {
            RefusalClass::Unreached
        }
        Error::Refused { .. } => RefusalClass::Transient,
    };
    refused(class, error.kind(), chain(error))
}

/// Says that a write was refused.
#[must_use]
pub fn refused(class: RefusalClass, code: impl Into<CompactString>, message: String) -> Outcome {
    Outcome::Refused(Refusal {
        class,
        code: code.into(),
        message,
    })
}

//! Writes client quotas (rank 6, Kafka plane): keys are set and removed in place, so no entity is without its limits for a
//! moment.

use super::{in_order, of_code, send};
use crate::{
    kafka::{Client, Error, requests::quotas as requests},
    model::QuotaEntity,
    ports::{Outcome, QuotaChange},
};

pub(super) async fn alter(
    client: &Client,
    quotas: &[(QuotaEntity, Vec<QuotaChange>)],
) -> Result<Vec<Outcome>, Error> {
    let answer = send(client, &requests::alter(quotas)).await?;
    let said = answer.entries.iter().filter_map(|entry| {
        let parts = entry.entity.iter();
        let entity = requests::entity(parts.map(|p| (&p.entity_type, p.entity_name.as_ref())))?;
        let outcome = of_code(
            entry.error_code,
            entry.error_message.as_ref(),
            answer.throttle_time_ms,
        );
        Some((entity, outcome))
    });
    Ok(in_order(
        quotas.iter().map(|(entity, _)| entity.clone()),
        said,
    ))
}

//! What a connection refuses to carry. How it carries the rest is tested in `tests/kafka_client`.

use compact_str::CompactString;
use kafka_protocol::messages::{
    AlterUserScramCredentialsRequest, ApiKey, ApiVersionsResponse,
    api_versions_response::ApiVersion,
};
use tokio::io::AsyncReadExt;

use super::*;
use crate::{
    kafka::requests::users::{self, Salted},
    model::{ScramMechanism, Secret},
};

const PATIENCE: Duration = Duration::from_secs(20);

fn mk_connection(stream: impl Io + 'static, may_carry_secrets: bool) -> Connection {
    let scram = ApiVersion::default().with_api_key(ApiKey::AlterUserScramCredentials as i16);
    let spoken = ApiVersionsResponse::default().with_api_keys(vec![scram]);
    let versions = Versions::new(&spoken);
    Connection::start(
        "b1:9092".into(),
        Box::new(stream),
        versions,
        None,
        may_carry_secrets,
    )
}

fn mk_password() -> AlterUserScramCredentialsRequest {
    users::set([&Salted {
        user: "a".into(),
        mechanism: ScramMechanism::Sha256,
        iterations: 4096,
        salt: [7; 16],
        salted: Secret::new(vec![9; 32]),
    }])
}

#[tokio::test]
async fn a_password_is_not_written_where_others_can_read_along() {
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let connection = mk_connection(ours, false);
    let refused = connection
        .call(
            &mk_password(),
            Deadline::within(PATIENCE),
            &Traffic::default(),
        )
        .await;
    let told = refused.expect_err("it is refused").to_string();
    assert!(
        told.contains("allowPlaintextPasswords") && told.contains("tls:"),
        "{told}"
    );
    drop(connection);
    assert_eq!(theirs.read_u8().await.ok(), None, "something was written");
}

#[tokio::test]
async fn what_carries_no_password_is_written_anywhere() {
    let deletion: (CompactString, _) = ("a".into(), ScramMechanism::Sha256);
    for (request, safe) in [(mk_password(), true), (users::delete([&deletion]), false)] {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let connection = mk_connection(ours, safe);
        let (deadline, traffic) = (Deadline::within(PATIENCE), Traffic::default());
        let (answer, length) = tokio::join!(connection.call(&request, deadline, &traffic), async {
            let length = theirs.read_u32().await.ok();
            drop(theirs);
            length
        });
        assert!(length.is_some() && answer.is_err_and(|error| error.outcome_is_unknown()));
    }
}

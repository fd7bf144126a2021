//! Says why a broker did not tell what it was asked (rank 6, Kafka plane): where a permission is missing, which one, and
//! the command that grants it.

use compact_str::CompactString;

use super::{Code, Settings, error::words};

/// What a request needs to be allowed: an operation, as `kafka-acls` spells it, and on what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs<'a> {
    pub(super) operation: &'static str,
    pub(super) on: On<'a>,
}

/// What a permission is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum On<'a> {
    Cluster,
    Topic(&'a str),
    /// All whose names begin so.
    Topics(&'a str),
    Group(&'a str),
}

/// Permission to look at the cluster.
pub(super) const DESCRIBE: Needs<'static> = Needs {
    operation: "Describe",
    on: On::Cluster,
};

/// Permission to look at the configs of brokers, and to list those of everything else.
pub(super) const DESCRIBE_CONFIGS: Needs<'static> = Needs {
    operation: "DescribeConfigs",
    on: On::Cluster,
};

/// What the file is that `kafka-acls` logs in by.
const ADMIN: &str = ", where admin.properties is how an administrator logs in";

/// Says why there is no answer: what is missing if we are not allowed to ask, and otherwise Kafka's own words.
pub(super) fn refused(
    settings: &Settings,
    code: Code,
    message: Option<&str>,
    needs: Needs<'_>,
) -> String {
    if code.is_denial() {
        return missing(settings, needs);
    }
    let said = words(message.unwrap_or_default());
    format!("the broker says {code} {said}")
        .trim_end()
        .to_owned()
}

/// Says that a permission is missing, and how it is granted.
pub(super) fn missing(settings: &Settings, needs: Needs<'_>) -> String {
    let Needs { operation, on } = needs;
    let (place, option) = match on {
        On::Cluster => ("the cluster".to_owned(), "--cluster".to_owned()),
        On::Topic(name) => (format!("topic {name}"), format!("--topic '{name}'")),
        On::Topics("") => ("every topic".to_owned(), "--topic '*'".to_owned()),
        On::Topics(beginning) => (
            format!("topics that begin with {beginning}"),
            format!("--topic '{beginning}' --resource-pattern-type prefixed"),
        ),
        On::Group(name) => (format!("group {name}"), format!("--group '{name}'")),
    };
    let brokers = settings.bootstrap.join(",");
    let (login, file) = match settings.tls.is_some() || settings.sasl.is_some() {
        true => (" --command-config admin.properties", ADMIN),
        false => ("", ""),
    };
    let principal = settings.principal();
    let principal = principal.known().map(CompactString::as_str);
    let principal = principal.unwrap_or("User:<Headgate's user>");
    format!(
        "{principal} may not {operation} {place}; this grants it{file}: kafka-acls --bootstrap-server {brokers}{login} --add \
         --allow-principal '{principal}' --operation {operation} {option}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Mechanism, Sasl},
        model::SecretRef,
    };

    fn mk_settings() -> Settings {
        Settings {
            sasl: Some(Sasl {
                mechanism: Mechanism::ScramSha512,
                username: "headgate".to_owned(),
                password: SecretRef::Env("PASSWORD".to_owned()),
            }),
            ..Settings::plaintext(vec!["b1:9094".to_owned(), "b2:9094".to_owned()])
        }
    }

    #[test]
    fn what_is_missing_is_said_with_the_command_that_grants_it() {
        let needs = Needs {
            operation: "Describe",
            on: On::Group("pay"),
        };
        assert_eq!(
            refused(
                &mk_settings(),
                Code::GROUP_AUTHORIZATION_FAILED,
                Some("no"),
                needs
            ),
            "User:headgate may not Describe group pay; this grants it, where admin.properties is how an administrator logs \
             in: kafka-acls --bootstrap-server b1:9094,b2:9094 --command-config admin.properties --add --allow-principal \
             'User:headgate' --operation Describe --group 'pay'"
        );
        assert!(missing(&mk_settings(), DESCRIBE).ends_with("--operation Describe --cluster"));
        let open = Settings::plaintext(vec!["b1:9092".to_owned()]);
        assert_eq!(
            missing(&open, DESCRIBE),
            "User:ANONYMOUS may not Describe the cluster; this grants it: kafka-acls --bootstrap-server b1:9092 --add \
             --allow-principal 'User:ANONYMOUS' --operation Describe --cluster"
        );
    }

    #[test]
    fn any_other_refusal_is_told_in_kafkas_words() {
        let said = refused(
            &mk_settings(),
            Code::INVALID_REQUEST,
            Some("not\nthis"),
            DESCRIBE,
        );
        assert_eq!(said, "the broker says INVALID_REQUEST(42) not this");
    }
}

//! The members of a cluster before they run: their ids, what each is there for, and their ports.

use super::{KafkaSpec, LabError, ports::free_ports};

/// Dedicated controllers are numbered from here on, so that brokers are 1, 2, 3 … with them and without.
const FIRST_CONTROLLER: u16 = 101;

/// What a node is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Broker and controller at once: a cluster without dedicated controllers.
    Both,
    /// Broker only.
    Broker,
    /// Controller only.
    Controller,
}

impl Role {
    pub(super) fn is_broker(self) -> bool {
        self != Self::Controller
    }

    pub(super) fn is_controller(self) -> bool {
        self != Self::Broker
    }
}

/// The ports of a node; those of the other role stay unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodePorts {
    /// For the clients under test, as [`Security`](super::Security) says.
    pub(super) client: u16,
    /// Plaintext, between brokers and for the lab itself.
    pub(super) internal: u16,
    /// Plaintext, between controllers and from brokers to them.
    pub(super) controller: u16,
}

/// A node of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: u16,
    pub(super) role: Role,
    pub(super) ports: NodePorts,
}

/// Returns the members that the spec asks for, on ports that are free now; brokers come first.
pub(super) fn members(spec: &KafkaSpec) -> Result<Vec<Member>, LabError> {
    let roles = roles(spec);
    let ports = free_ports(roles.len() * 3)?;
    let (threes, _) = ports.as_chunks::<3>();
    let members =
        roles
            .into_iter()
            .zip(threes)
            .map(|((id, role), &[client, internal, controller])| Member {
                id,
                role,
                ports: NodePorts {
                    client,
                    internal,
                    controller,
                },
            });
    Ok(members.collect())
}

fn roles(spec: &KafkaSpec) -> Vec<(u16, Role)> {
    let role = match spec.controllers {
        0 => Role::Both,
        _ => Role::Broker,
    };
    let brokers = (1..=spec.brokers).map(|id| (id, role));
    let controllers = (0..spec.controllers).map(|n| (FIRST_CONTROLLER + n, Role::Controller));
    brokers.chain(controllers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_keep_their_ids_when_they_have_controllers_of_their_own() {
        let mut spec = KafkaSpec {
            brokers: 2,
            ..KafkaSpec::default()
        };
        assert_eq!(roles(&spec), [(1, Role::Both), (2, Role::Both)]);
        spec.controllers = 1;
        assert_eq!(
            roles(&spec),
            [
                (1, Role::Broker),
                (2, Role::Broker),
                (101, Role::Controller)
            ]
        );
    }
}

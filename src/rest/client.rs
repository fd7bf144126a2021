//! Sends requests to a REST plane (rank 6): to one of its servers after the other until one takes the request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION},
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::{Again, Answer, Error, Method, Request, access::Access, error::in_words};
use crate::{config::Endpoint, model::one_line};

const JSON: &str = "application/json";

/// What is not exceeded, whatever the other side does.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a server may take to accept a connection, TLS included. 5 s.
    pub connect: Duration,
    /// The largest answer that is read, in bytes. 64 MiB: ten times what 1,000 connectors with long configs take.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: 64 << 20,
        }
    }
}

/// A REST plane's servers. What is dropped in the middle does no harm to later requests.
pub struct Client {
    /// What should be there, for people: `Kafka Connect`.
    service: &'static str,
    endpoint: Arc<Endpoint>,
    limits: Limits,
    access: Mutex<Option<Arc<Access>>>,
    /// The server that answered last: the others are asked only when it does not.
    first: AtomicUsize,
}

impl Client {
    /// Makes a client of what people call `service`. Nothing is read or sent yet.
    #[must_use]
    pub fn new(service: &'static str, endpoint: &Endpoint, limits: Limits) -> Self {
        Self {
            service,
            endpoint: Arc::new(endpoint.clone()),
            limits,
            access: Mutex::default(),
            first: AtomicUsize::new(0),
        }
    }

    /// Sends a request and returns the answer, whatever its status but for a redirection. Where one server cannot be
    /// reached, the next is asked; where one took the request and has no good answer, only as far as [`Again`] allows. What
    /// no server can serve is answered as the first of them did.
    ///
    /// # Errors
    /// There is no answer; see [`Error::outcome_is_unknown`].
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        let deadline = Instant::now() + request.within;
        let reading = timeout_at(deadline, self.access());
        let access = reading.await.unwrap_or_else(|_| {
            let what = format!(
                "certificates or logins could not be read within {}",
                in_words(request.within)
            );
            Err(Error::Settings(what))
        })?;
        let urls = &self.endpoint.urls;
        let first = self.first.load(Ordering::Relaxed);
        let mut tried = Vec::new();
        let mut failed = None;
        for nth in 0..urls.len() {
            let at = (first + nth) % urls.len();
            let left = deadline.saturating_duration_since(Instant::now());
            let share = match request.again {
                Again::OnSilence => left / u32::try_from(urls.len() - nth).unwrap_or(1),
                Again::Never | Again::OnFailure => left,
            };
            match self.ask(&access, &urls[at], request, share).await {
                Ok(answer) if answer.status >= 500 && request.again != Again::Never => {
                    failed.get_or_insert(answer);
                }
                Ok(answer) => {
                    self.first.store(at, Ordering::Relaxed);
                    if answer.status == 401 {
                        self.forget().await;
                    }
                    return Ok(answer);
                }
                Err(error) => {
                    let is_settled =
                        error.outcome_is_unknown() && request.again != Again::OnSilence;
                    let goes_on = error.is_of_the_server() && !is_settled;
                    tried.push(error);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        if let Some(answer) = failed {
            return Ok(answer);
        }
        self.forget().await;
        let last = tried
            .pop()
            .unwrap_or_else(|| Error::Settings("no address is named".to_owned()));
        if tried.is_empty() || last.outcome_is_unknown() && request.again != Again::OnSilence {
            return Err(last);
        }
        tried.push(last);
        Err(Error::Unreachable(tried))
    }

    /// Returns what a request needs, read again where that was long ago.
    async fn access(&self) -> Result<Arc<Access>, Error> {
        let mut access = self.access.lock().await;
        if let Some(fresh) = access.as_ref().filter(|access| access.is_fresh()) {
            return Ok(Arc::clone(fresh));
        }
        let (endpoint, limits, before) = (
            Arc::clone(&self.endpoint),
            self.limits.clone(),
            access.take(),
        );
        let reading = tokio::task::spawn_blocking(move || {
            Access::read(&endpoint, &limits, before.as_deref())
        });
        let read = reading.await.unwrap_or_else(|error| {
            let what = format!("certificates or logins could not be read: {error}");
            Err(Error::Settings(what))
        });
        Ok(Arc::clone(access.insert(Arc::new(read?))))
    }

    /// Lets certificates and logins be read anew: those at hand did not do.
    async fn forget(&self) {
        if self.endpoint.tls.is_some() || self.endpoint.login.is_some() {
            self.access.lock().await.take();
        }
    }

    /// Asks one server.
    async fn ask(
        &self,
        access: &Access,
        url: &str,
        request: &Request,
        within: Duration,
    ) -> Result<Answer, Error> {
        let failed = |error: reqwest::Error| Error::of(&error, url, request, within);
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut sending = access
            .http
            .request(method, format!("{url}{}", request.path))
            .timeout(within)
            .header(ACCEPT, JSON);
        if let Some(login) = &access.login {
            sending = sending.header(AUTHORIZATION, login.header.clone());
        }
        if let Some(body) = &request.body {
            sending = sending.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        let response = sending.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            return Err(redirected(&response, url, request));
        }
        Ok(Answer {
            address: url.to_owned(),
            asked: request.to_string(),
            status,
            body: self.body(response, url, request, within).await?,
            login: access.login.clone(),
            service: self.service,
        })
    }

    /// Reads a body, and no more of it than is allowed.
    async fn body(
        &self,
        mut response: Response,
        url: &str,
        request: &Request,
        within: Duration,
    ) -> Result<Vec<u8>, Error> {
        let limit = self.limits.answer;
        let too_large = || Error::TooLarge {
            address: url.to_owned(),
            asked: request.to_string(),
            limit,
        };
        let said = response.content_length().unwrap_or(0);
        if usize::try_from(said).map_or(true, |said| said > limit) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let failed = |error: reqwest::Error| Error::of(&error, url, request, within);
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Says where an answer points, without what stands behind a `?` or before an `@`.
fn redirected(response: &Response, url: &str, request: &Request) -> Error {
    let to = response.headers().get(LOCATION);
    let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
    let open = to.split(['?', '#']).next().unwrap_or_default();
    let to = match open {
        "" => "nowhere".to_owned(),
        with_login if with_login.contains('@') => "an address with a login".to_owned(),
        open => one_line(open, 200),
    };
    Error::Redirect {
        address: url.to_owned(),
        asked: request.to_string(),
        status: response.status().as_u16(),
        to,
    }
}

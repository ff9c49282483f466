//! A request that somebody carries in the place of the network. What comes back is bounded like what a server sends.

use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};

use super::CallError;
use super::hop::Hop;
use super::send::Broken;
use crate::{Carrier, Incoming, NotCarried, Outgoing};

/// Whether the other side may have got a request that has no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reached {
    #[default]
    Nobody,
    Perhaps,
}

/// Hands a request over and reads at most `most` bytes of the answer's body.
pub(super) async fn exchange(
    carrier: &dyn Carrier,
    request: &hyper::Request<impl Sized>,
    hop: &Hop<'_>,
    most: usize,
) -> Result<Response<Vec<u8>>, (Broken, Reached)> {
    let header =
        |(name, value): (&HeaderName, &HeaderValue)| (name.as_str().to_owned(), value.as_bytes().to_vec());
    let sent = Outgoing {
        method: hop.asked.method.clone(),
        url: hop.asked.url.to_string(),
        headers: request.headers().iter().map(header).collect(),
        body: hop.body.to_vec(),
    };
    match carrier.carry(sent).await {
        Ok(answer) if answer.body.len() <= most => {
            response(answer).map_err(|broken| (broken.into(), Reached::Perhaps))
        }
        Ok(_) => Err((CallError::TooLarge.into(), Reached::Perhaps)),
        Err(why) => Err(broken(why)),
    }
}

fn response(answer: Incoming) -> Result<Response<Vec<u8>>, CallError> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body).map_err(|error| CallError::Protocol(error.to_string()))
}

fn broken(why: NotCarried) -> (Broken, Reached) {
    let told = |error: CallError, reached| (Broken::Told(error), reached);
    match why {
        NotCarried::Denied(why) => (Broken::Denied(why), Reached::Nobody),
        NotCarried::Refused(reason) => told(CallError::Refused(reason), Reached::Nobody),
        NotCarried::Timeout => told(CallError::Timeout, Reached::Perhaps),
        NotCarried::TooLarge => told(CallError::TooLarge, Reached::Perhaps),
        NotCarried::Connect(why) => told(CallError::Connect(why), Reached::Nobody),
        NotCarried::Tls(why) => told(CallError::Tls(why), Reached::Nobody),
        NotCarried::Protocol(why) => told(CallError::Protocol(why), Reached::Perhaps),
        NotCarried::Invalid(why) => told(CallError::Invalid(why), Reached::Nobody),
    }
}

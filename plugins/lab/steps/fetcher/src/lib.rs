//! A guest that asks other servers, by either interface.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

#[lockstep_sdk::step(world = "fetcher", wit = "../../wit")]
mod handlers {
    use lockstep_sdk::{Failure, http};

    fn on_fetch(Fetch { url }: Fetch) -> Result<Fetched, Failure> {
        let answer = http::get(url)?;
        Ok(Fetched { status: answer.status, body: answer.text() })
    }

    fn on_fetch_by_wasi(errand: FetchByWasi) -> Result<Fetched, Failure> {
        let FetchByWasi { method, authority, path, header, body } = errand;
        let sent = super::send(&method, &authority, &path, header, body.as_bytes());
        let answered = sent.and_then(|future| super::wait(&future));
        let (status, body) = answered.unwrap_or_else(|why| (0, why));
        Ok(Fetched { status, body })
    }
}

fn send(
    method: &str,
    authority: &str,
    path: &str,
    header: Option<(String, String)>,
    body: &[u8],
) -> Result<FutureIncomingResponse, String> {
    let fields = Fields::new();
    if let Some((name, value)) = header {
        fields.append(&name, value.as_bytes()).map_err(|why| format!("{why:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let refused = |()| "it was refused at once".to_owned();
    request.set_method(&Method::Other(method.into())).map_err(refused)?;
    request.set_scheme(Some(&Scheme::Http)).map_err(refused)?;
    request.set_authority(Some(authority)).map_err(refused)?;
    request.set_path_with_query(Some(path)).map_err(refused)?;
    let outgoing = request.body().map_err(refused)?;
    let future = handle(request, None).map_err(|why| format!("{why:?}"))?;
    let stream = outgoing.write().map_err(refused)?;
    for part in body.chunks(4096) {
        // Whoever does not want the rest says why in the answer.
        if stream.blocking_write_and_flush(part).is_err() {
            break;
        }
    }
    drop(stream);
    OutgoingBody::finish(outgoing, None).map_err(|why| format!("{why:?}"))?;
    Ok(future)
}

fn wait(future: &FutureIncomingResponse) -> Result<(u16, String), String> {
    future.subscribe().block();
    let answer = future.get().and_then(Result::ok).ok_or("there is no answer")?;
    let answer = answer.map_err(|why| format!("{why:?}"))?;
    Ok((answer.status(), read(&answer)?))
}

fn read(answer: &IncomingResponse) -> Result<String, String> {
    let body = answer.consume().map_err(|()| "the body is gone")?;
    let stream = body.stream().map_err(|()| "the body is gone")?;
    let mut all = Vec::new();
    loop {
        match stream.blocking_read(4096) {
            Ok(part) => all.extend(part),
            Err(StreamError::Closed) => return Ok(String::from_utf8_lossy(&all).into_owned()),
            Err(why) => return Err(format!("{why:?}")),
        }
    }
}

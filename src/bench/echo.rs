//! (c) A bare echo: the same reply bytes over the same kind of socket, without protocol and rules.

use std::path::Path;
use std::thread::JoinHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::oneshot;

/// A server that answers every NUL-ended frame with the same reply; ends when dropped.
pub struct Echo {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// Listens at a path.
    pub fn start(path: &Path, reply: &str) -> Result<Self, String> {
        let _ = std::fs::remove_file(path);
        let listener = std::os::unix::net::UnixListener::bind(path).map_err(|e| format!("{}: {e}", path.display()))?;
        listener.set_nonblocking(true).map_err(|e| e.to_string())?;
        let mut bytes = reply.as_bytes().to_vec();
        bytes.push(0);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = UnixListener::from_std(listener) else { return };
                let accept = async {
                    while let Ok((mut stream, _)) = listener.accept().await {
                        let reply = bytes.clone();
                        tokio::spawn(async move {
                            let mut buffer = vec![0; 4096];
                            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                                let frames = buffer[..n].iter().filter(|b| **b == 0).count();
                                for _ in 0..frames {
                                    if stream.write_all(&reply).await.is_err() {
                                        return;
                                    }
                                }
                            }
                        });
                    }
                };
                tokio::select! {
                    () = accept => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

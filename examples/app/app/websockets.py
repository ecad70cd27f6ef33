"""As many WebSockets as a worker process can afford: uvicorn's own limit refuses none."""

from fastapi import WebSocket, WebSocketDisconnect

from app import settings

TRY_AGAIN_LATER = 1013
_open = 0


async def echo(socket: WebSocket) -> None:
    """Sends back what it receives, until the client leaves."""
    global _open
    if _open >= settings.MAX_WEBSOCKETS:
        await socket.close(TRY_AGAIN_LATER)
        return
    _open += 1
    try:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass
    finally:
        _open -= 1

/**
 * A stand-in for an exchange, for `feed.ts`: a WebSocket server that sends ticks to every client. Of the protocol
 * it knows what that takes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What RFC 6455 has a server append to the client's key. */
const PROTOCOL_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Serves so many ticks to each client, some of them each 10 ms. */
export async function startExchange(count: number): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((socket) => {
    let request = "";
    socket.on("error", () => {}); // it has gone away
    socket.on("data", function greet(data) {
      const key = (request += data).match(/^sec-websocket-key: *(\S+)/im)?.[1];
      if (key === undefined || !request.includes("\r\n\r\n")) return;
      socket.off("data", greet).on("data", () => socket.end()); // a client says no more than goodbye
      const accept = createHash("sha1").update(key + PROTOCOL_ID).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      sendTicks(socket, count);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, close: () => server.close() };
}

function sendTicks(socket: Socket, count: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 5 && sent < count; i++) {
      const text = JSON.stringify({ price: 60_000 + ++sent });
      // The end of a message, as text, of a length below 126; a server does not mask.
      socket.write(new Uint8Array([0x81, text.length, ...new TextEncoder().encode(text)]));
    }
    if (sent === count || socket.destroyed) clearInterval(timer);
  }, 10);
}

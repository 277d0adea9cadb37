import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openListeningServer } from '../../src/web/listening-server.ts'

test.each([
  ['a body that never ends', 'POST / HTTP/1.1\r\nhost: andon\r\ncontent-length: 1000\r\n\r\nhalf'],
  ['headers that never end', 'POST / HTTP/1.1\r\nhost: andon\r\nx-header: '],
])('%s is ended by the deadline, although bytes keep coming', async (_, start) => {
  const arrival = { requestTimeout: 400, headersTimeout: 300, connectionsCheckingInterval: 50 }
  const server = openListeningServer((request) => void request.resume(), arrival)
  const socket = connect(await server.listen(0, '127.0.0.1'), '127.0.0.1')
  socket.write(start)
  const drip = setInterval(() => socket.write('.'), 50)
  const [answer] = await once(socket, 'data')
  clearInterval(drip)
  expect(String(answer)).toMatch(/^HTTP\/1.1 408 Request Timeout/)
  socket.destroy()
  await server.close(async () => {})
})

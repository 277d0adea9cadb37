// What stands before several doors: each connection goes to one of them in turn, as with a load balancer that has not yet noticed a
// death.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Balancer = {
  readonly url: string
  /** The ports of the doors. */
  readonly doors: Set<number>
  close(): Promise<unknown>
}

export async function openBalancer(): Promise<Balancer> {
  const doors = new Set<number>()
  let turn = 0
  const open = new Set<Socket>()
  const server = createServer((incoming) => {
    turn += 1
    // Nothing listens on port 9.
    const outgoing = connect([...doors][turn % Math.max(1, doors.size)] ?? 9, '127.0.0.1')
    incoming.pipe(outgoing).pipe(incoming)
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => open.delete(socket) && other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    doors,
    close() {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

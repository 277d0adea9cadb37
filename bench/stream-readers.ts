// The readers of bench/stream.ts and bench/places.ts, in a process of their own: `stream-readers.ts COUNT URL…`, each URL
// in turn. Each reader is a socket that is read to the end; what is kept of it is how old each event was when it came.
import { connect, type Socket } from 'node:net'

export type ReadersReport =
  | { readonly connected: number }
  | {
      readonly p50: number
      readonly p99: number
      readonly arrived: number
      readonly behind: number
      readonly lost: number
    }

const [count = '1', ...addresses] = process.argv.slice(2)
const places = addresses.map((address) => new URL(address))
const BATCH = 100

type StreamReader = { last: string; rest: string }

const readers: StreamReader[] = []
let ages: number[] = []
let lost = 0

for (let opened = 0; opened < Number(count); opened += BATCH) {
  const length = Math.min(BATCH, Number(count) - opened)
  await Promise.all(Array.from({ length }, (_, nth) => openReader(places[(opened + nth) % places.length])))
}
process.send?.({ connected: readers.length } satisfies ReadersReport)
process.on('disconnect', () => process.exit())
process.on('message', (order: 'start' | { readonly last: string }) => {
  if (order === 'start') ages = []
  else summarise(order.last)
})

function openReader(place: URL | undefined): Promise<void> {
  if (place === undefined) throw new Error('name an address')
  const reader: StreamReader = { last: '', rest: '' }
  readers.push(reader)
  const socket: Socket = connect(Number(place.port), '127.0.0.1')
  socket.setEncoding('latin1')
  socket.write(`GET ${place.pathname}${place.search} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: identity\r\n\r\n`)
  socket.on('close', () => {
    lost += 1
  })
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.on('data', (text: string) => {
      read(reader, text)
      resolve()
    })
  })
}

/** Each event is counted once, at its first sight; a stamp may be cut in two. */
function read(reader: StreamReader, text: string): void {
  const now = performance.timeOrigin + performance.now()
  const whole = reader.rest + text
  let newest = reader.last
  for (let at = whole.indexOf('t='); at !== -1; at = whole.indexOf('t=', at + 2)) {
    const end = whole.indexOf(';', at)
    if (end === -1 || end - at > 18) continue
    const stamp = whole.slice(at + 2, end)
    if (!/^\d+\.\d$/.test(stamp) || stamp <= reader.last) continue
    ages.push(now - Number(stamp))
    if (stamp > newest) newest = stamp
  }
  reader.last = newest
  reader.rest = whole.slice(-18)
}

function summarise(last: string): void {
  const wanted = last.slice(2, -1)
  const sorted = Float64Array.from(ages).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const behind = readers.filter((reader) => reader.last !== wanted).length
  process.send?.({ p50: at(0.5), p99: at(0.99), arrived: sorted.length, behind, lost } satisfies ReadersReport)
}

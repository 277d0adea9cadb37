import type { LatencyReading } from '../health/report.ts'

/** `12 ms`, `1.5 s`, `2 min`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1_000).toPrecision(2))} s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(ms / 3_600_000)
  return hours < 48 ? `${hours} h` : `${Math.round(ms / 86_400_000)} d`
}

/** By how much a clock is ahead, as far as it was measured. */
export function rangeText(aheadMs: number, errorMs: number): string {
  if (Math.abs(aheadMs) <= errorMs) return `agrees within ${durationText(errorMs)}`
  const word = aheadMs > 0 ? 'ahead' : 'behind'
  return `${durationText(Math.abs(aheadMs))} ${word} (± ${durationText(errorMs)})`
}

/** `3.4 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`
}

/** For the foot of the board; null when nothing was measured. */
export function latencyWords(latency: LatencyReading | null): string | null {
  const { commit = null, browser = null } = latency ?? {}
  const words = [
    ['to the commit', commit],
    ['to the browsers', browser],
  ] as const
  const measured = words.flatMap(([to, summary]) =>
    summary === null ? [] : [`${to} p50 ${durationText(summary.p50Ms)}, p95 ${durationText(summary.p95Ms)}`],
  )
  return measured.length === 0 ? null : `from a delivery ${measured.join(' · ')}`
}

// Latencies are counted in buckets, so that those of all processes and minutes can be added up.

/** Upper ends in milliseconds; what is slower is in one more bucket. */
const LATENCY_BOUNDS_MS = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000,
  20_000, 30_000, 60_000,
] as const

/** How many latencies there are in each bucket. */
export type LatencyCounts = ReadonlyMap<number, number>

export type LatencySummary = {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
}

export function latencyBucketOf(ms: number): number {
  const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound)
  return bucket === -1 ? LATENCY_BOUNDS_MS.length : bucket
}

/** Null when nothing was measured. */
export function summarizeLatencies(counts: LatencyCounts): LatencySummary | null {
  const count = [...counts.values()].reduce((sum, each) => sum + each, 0)
  if (count === 0) return null
  return { count, p50Ms: quantileOf(counts, count * 0.5), p95Ms: quantileOf(counts, count * 0.95) }
}

/** As Prometheus does it: latencies are spread evenly over their bucket, and one beyond the last bound is that bound. */
function quantileOf(counts: LatencyCounts, rank: number): number {
  let passed = 0
  for (const [bucket, bound] of LATENCY_BOUNDS_MS.entries()) {
    const here = counts.get(bucket) ?? 0
    const from = LATENCY_BOUNDS_MS[bucket - 1] ?? 0
    if (here > 0 && passed + here >= rank) return roundMs(from + ((bound - from) * (rank - passed)) / here)
    passed += here
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? 0
}

/** The buckets are no finer than that. */
function roundMs(ms: number): number {
  return Number(ms.toPrecision(2))
}

// GitHub tells time in whole seconds, and a test may move its clock. The emulator stamps what it keeps with the
// machine's time; every stamp that leaves is shifted by the offset that was in force when it was made.

export type Clock = {
  /** This GitHub's time, in milliseconds. */
  nowMs(): number
  /** This GitHub's time as it tells it: whole seconds. */
  nowIso(): string
  /** Notices that the clock was moved. Called before anything is asked of the emulator. */
  sync(): void
  /** The text of a JSON document with every timestamp shifted and cut to whole seconds. */
  shiftTimestamps(json: string): string
}

/** A clock that follows `now` (ISO), or the machine's. */
export function openClock(now?: () => string): Clock {
  const shifts = [{ from: 0, by: 0 }]
  const nowMs = () => (now ? Date.parse(now()) : Date.now())

  function notice(): void {
    if (!now) return
    const by = nowMs() - Date.now()
    if (Math.abs(by - shifts.at(-1)!.by) > DRIFT_MS) shifts.push({ from: Date.now(), by })
  }

  notice()
  if (shifts.length > 1) shifts.shift()
  return {
    nowMs,
    nowIso: () => toGitHubTimestamp(nowMs()),
    sync: notice,
    shiftTimestamps: (json) =>
      json.replace(MACHINE_TIMESTAMP, (_, stamp: string) => {
        const made = Date.parse(stamp)
        const shift = shifts.findLast((candidate) => candidate.from <= made) ?? shifts[0]!
        return `"${toGitHubTimestamp(made + shift.by)}"`
      }),
  }
}

/** GitHub's spelling of a moment. */
function toGitHubTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

// Two readings of one clock differ by a little: less than this is no move.
const DRIFT_MS = 200
// Only the emulator's stamps carry milliseconds, so what was told before is not shifted twice.
const MACHINE_TIMESTAMP = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/g

import type { Probot } from 'probot'
import { HANDLED_NAMES } from './inbox/handles.ts'
import { translateReceived } from './inbox/receipts.ts'

/** The Probot app: every event the line knows, handed to the inbox. No handler calls GitHub or the database. */
export default function andon(app: Probot): void {
  app.on(HANDLED_NAMES, translateReceived)
}

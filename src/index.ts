import type { Probot } from 'probot'
import { translateReceived } from './inbox/translate-via-probot.ts'
import { HANDLED_NAMES } from './translate/handled-webhooks.ts'

/** The Probot app: every event the line knows, handed to the inbox. No handler calls GitHub or the database. */
export default function andon(app: Probot): void {
  app.on(HANDLED_NAMES, translateReceived)
}

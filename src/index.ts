import type { Probot } from 'probot'
import { handleDelivery } from './inbox/probot.ts'
import { HANDLED_WEBHOOK_NAMES } from './translate/handled-webhooks.ts'

/** The Probot app: it passes every handled webhook to the inbox. No handler calls GitHub or the database. */
export default function andon(app: Probot): void {
  app.on(HANDLED_WEBHOOK_NAMES, handleDelivery)
}

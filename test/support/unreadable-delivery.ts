import type { AndonApp } from './andon-app.ts'
import { exampleDelivery, signDelivery } from './deliveries.ts'

/** Posts a delivery that is accepted and cannot be read. */
export async function postUnreadable({ url, github }: Pick<AndonApp, 'url' | 'github'>): Promise<void> {
  const payload = { ...exampleDelivery('issues', 'labeled').payload, issue: 7 }
  const { headers, body } = signDelivery({ name: 'issues', payload }, { secret: github.webhookSecret })
  await fetch(`${url}/api/github/webhooks`, { method: 'POST', headers, body })
}

// The ways by which a budget alert leaves the process, from the settings in force.
import type { Settings } from '../config/settings.ts';
import { type Alert, alertMail, encodeAlert } from '../ledger/alerts/alert.ts';
import type { AlertChannel } from '../ledger/alerts/delivery.ts';
import { postWebhook } from '../transport/post-webhook.ts';
import { sendMail } from '../transport/send-mail.ts';

/** Where budget alerts go. The addresses hold secrets, and a mail server may repeat a password in the form in which it got it. */
export function alertChannels({ alerts }: Settings): AlertChannel[] {
  const { allowPrivate, mail } = alerts;
  const post = (url: string, format: 'json' | 'slack') => async (alert: Alert) => {
    await postWebhook({ url, body: JSON.stringify(encodeAlert(alert, format)), allowPrivate });
    return undefined;
  };
  const channels: AlertChannel[] = [];
  if (alerts.webhookUrl !== undefined)
    channels.push({ name: 'webhook', send: post(alerts.webhookUrl, 'json'), secrets: [alerts.webhookUrl] });
  if (alerts.slackUrl !== undefined) channels.push({ name: 'slack', send: post(alerts.slackUrl, 'slack'), secrets: [alerts.slackUrl] });
  if (mail !== undefined) {
    const { user = '', password } = mail;
    channels.push({
      name: 'mail',
      async send(alert) {
        const refused = await sendMail(
          { ...mail, allowPrivate },
          { ...alertMail(alert), from: mail.from, to: mail.to, timeMs: alert.timeMs },
        );
        return refused.length === 0 ? undefined : `the mail server refused ${refused.join(', ')}`;
      },
      secrets:
        password === undefined
          ? []
          : [password, ...[password, `\0${user}\0${password}`].map((text) => Buffer.from(text).toString('base64'))],
    });
  }
  return channels;
}

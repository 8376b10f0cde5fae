// Asks the policy simulator of the npm package @cloud-copilot/iam-simulate, through its public API, what one policy alone
// decides. Reads a question a line, writes an answer a line:
//   {"kind": "bucket"|"endpoint", "policy": {...}, "requests": [{"principal", "action", "resource", "context"}]}
//   {"answers": ["allowed"|"explicitDeny"|"implicitDeny"|{"error": "..."}]}
// It runs in a temporary folder where scripts/judge.sh has installed the package. It knows nothing of Ringfence.
import { createInterface } from 'node:readline';
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';

const OWNER = '111122223333';

/** What the policy's own analysis says, whatever the other policies of a request would do. */
function decision(analysis) {
  if (analysis.denyStatements.length > 0) return 'explicitDeny';
  return analysis.allowStatements.length > 0 ? 'allowed' : 'implicitDeny';
}

async function ask(kind, policy, request) {
  const simulation = {
    request: {
      principal: request.principal === 'anonymous' ? anonymousPrincipal : request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: OWNER },
      contextVariables: request.context,
    },
    identityPolicies: [],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  if (kind === 'bucket') simulation.resourcePolicy = policy;
  else simulation.vpcEndpointPolicies = [{ name: 'policy', policy }];
  const outcome = await runSimulation(simulation, { simulationMode: 'Strict' });
  if (outcome.resultType !== 'single') {
    return { error: `${outcome.resultType}: ${JSON.stringify(outcome.errors ?? null)}` };
  }
  const { analysis, ignoredContextKeys } = outcome.result;
  if (ignoredContextKeys.length > 0) {
    return { error: `keys that ${request.action} does not have: ${ignoredContextKeys.join(', ')}` };
  }
  return decision(kind === 'bucket' ? analysis.resourceAnalysis : analysis.endpointAnalysis);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, policy, requests } = JSON.parse(line);
  const answers = [];
  for (const request of requests) {
    try {
      answers.push(await ask(kind, policy, request));
    } catch (error) {
      answers.push({ error: String(error) });
    }
  }
  process.stdout.write(`${JSON.stringify({ answers })}\n`);
}

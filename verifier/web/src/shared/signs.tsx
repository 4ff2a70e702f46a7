// Signs of verdicts and states: each has its own shape, so that colour is never needed.
const VERDICTS = {
  valid: (
    <>
      <circle class="sign-shape" cx="32" cy="32" r="29" />
      <circle class="sign-ring" cx="32" cy="32" r="24" />
      <path class="sign-mark" d="M20 33l8.5 9L45 23" />
    </>
  ),
  invalid: (
    <>
      <path class="sign-shape" d="M20 3h24l17 17v24L44 61H20L3 44V20z" />
      <path class="sign-mark" d="M22 22l20 20M42 22L22 42" />
    </>
  ),
  undetermined: (
    <>
      <path class="sign-shape" d="M32 4L62 59H2z" />
      <path class="sign-mark" d="M25 31.5c0-4.2 3-6.8 7-6.8s7 2.5 7 6.1c0 4.8-7 5.2-7 10.4" />
      <circle class="sign-dot" cx="32" cy="51" r="2.9" />
    </>
  ),
  foreign: (
    <>
      <rect class="sign-shape" x="4" y="4" width="56" height="56" rx="3" />
      <path class="sign-mark" d="M18 26h28M18 38h28M25 48L39 16" />
    </>
  ),
};

const STATES: Record<string, readonly [string, string]> = {
  passed: ["M12 1.5a10.5 10.5 0 1 0 .01 0z", "M7 12.5l3.4 3.5L17 8.5"],
  failed: ["M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9z", "M8 8l8 8M16 8l-8 8"],
  indeterminate: [
    "M12 1.5L23 22H1z",
    "M9.6 12c0-1.5 1-2.4 2.4-2.4s2.4.9 2.4 2.1c0 1.7-2.4 1.9-2.4 3.7M12 18.6v.1",
  ],
  skipped: ["M12 1.5a10.5 10.5 0 1 0 .01 0z", "M7.5 12h9"],
};

export function VerdictSign({ verdict }: { verdict: keyof typeof VERDICTS }) {
  return (
    <svg class="sign" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      {VERDICTS[verdict]}
    </svg>
  );
}

export function StateSign({ state }: { state: string }) {
  const [shape, mark] = STATES[state] ?? STATES["skipped"]!;
  return (
    <svg class="state" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path class="state-shape" d={shape} />
      <path class="state-mark" d={mark} />
    </svg>
  );
}

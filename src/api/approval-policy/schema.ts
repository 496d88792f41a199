import { z } from 'zod';
import { Conditions, cel, ObjectName, ObservedGeneration, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

const Pattern = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^*]+\*?$/);

/** Everything that is given must fit; of each list one entry. */
export const ApprovalRule = z
  .object({
    subnets: z
      .array(ObjectName)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Subnets, by name: a rack saw the machine boot on one of them.'),
    vendors: z
      .array(Pattern)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe("The system's vendor, as the machine itself says; * at the end stands for anything."),
    products: z
      .array(Pattern)
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe("The system's product, as the machine itself says; * at the end stands for anything."),
    macPrefixes: z
      .array(
        z
          .string()
          .max(17)
          .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){0,5}$/),
      )
      .min(1)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('First bytes of the MAC address that it booted from: 52:54:00.'),
  })
  .meta(
    cel({
      rule: 'has(self.subnets) || has(self.vendors) || has(self.products) || has(self.macPrefixes)',
      message: 'a rule names at least one of subnets, vendors, products, macPrefixes',
    }),
  );
export type ApprovalRule = z.infer<typeof ApprovalRule>;

export const ApprovalPolicySpec = z.object({
  description: z.string().max(1024).optional().describe('For people.'),
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .default(0)
    .describe('Which policy is asked first: the higher; of equals the first by name.'),
  suspended: z
    .boolean()
    .default(false)
    .describe('Approves nothing for now. What it approved stays approved.'),
  rules: z.array(ApprovalRule).min(1).max(16).describe('One that fits is enough.'),
  limits: z
    .object({
      perHour: z.int().min(1).max(1000).optional().describe('At most so many machines within any hour.'),
      total: z
        .int()
        .min(1)
        .max(1000000)
        .optional()
        .describe('At most so many machines in all, those that are gone again included.'),
    })
    .default({})
    .describe('How many machines it may approve. Default: any number.'),
});
export type ApprovalPolicySpec = z.infer<typeof ApprovalPolicySpec>;

export const ApprovalPolicyStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  approvals: z.int().min(0).optional().describe('How many machines it has approved in all.'),
  recent: z
    .array(
      z.object({
        machine: ObjectName,
        uid: z.string().max(36),
        at: Timestamp,
      }),
    )
    .max(1000)
    .optional()
    .describe(
      'Those of the last hour. Written before the machine is, so that a limit holds whoever crashes.',
    ),
  conditions: Conditions.optional(),
});
export type ApprovalPolicyStatus = z.infer<typeof ApprovalPolicyStatus>;

export type ApprovalPolicy = CustomResource<ApprovalPolicySpec, ApprovalPolicyStatus>;

export const approvalPolicyKind = defineKind<ApprovalPolicy>({
  plural: 'approvalpolicies',
  singular: 'approvalpolicy',
  kind: 'ApprovalPolicy',
  shortNames: ['mwapproval'],
  namespaced: false,
  description: 'Which machines that enlist themselves are approved without a person.',
  properties: { spec: ApprovalPolicySpec, status: ApprovalPolicyStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Priority', type: 'integer', jsonPath: '.spec.priority' },
    { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspended' },
    { name: 'Approved', type: 'integer', jsonPath: '.status.approvals' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

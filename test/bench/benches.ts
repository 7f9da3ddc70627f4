import type { Bench } from "./bench.ts";
import { measureCapabilities } from "./capabilities.ts";
import { measureEvaluation } from "./evaluation.ts";
import { measurePropagation } from "./propagation.ts";
import { measureRecords } from "./records.ts";
import { measureReservations } from "./reservations.ts";
import { measureStart } from "./start.ts";
import { measureUpload } from "./upload.ts";
import { measureUsbKeys } from "./usb-keys.ts";
import { measureWatchers } from "./watchers.ts";

/** Every bench, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  {
    name: "capabilities",
    summary: "GetLicenseCapabilities against a bare grpc-js handler that answers the same bytes",
    measure: measureCapabilities,
  },
  {
    name: "evaluation",
    summary: "evaluate() of 500 licenses, beside a bare JSON.parse of them",
    measure: measureEvaluation,
  },
  {
    name: "upload",
    summary: "UploadLicense one at a time and eight at a time, beside a bare transaction",
    measure: measureUpload,
  },
  {
    name: "propagation",
    summary: "from the answer of an upload on one node to a watch on another, with and without LISTEN",
    measure: measurePropagation,
  },
  {
    name: "start",
    summary: "from launch to the first SERVING, with a database that is there",
    measure: measureStart,
  },
  {
    name: "watchers",
    summary: "5,000 watches on one node: memory, and time until each has a new snapshot",
    measure: measureWatchers,
  },
  {
    name: "records",
    summary: "pages of 1,000,000 authorization records by token, by start, and their total",
    measure: measureRecords,
  },
  {
    name: "reservations",
    summary: "reservations of one hot meter by 32 connections against a bare guarded update of one row",
    measure: measureReservations,
  },
  {
    name: "usb-keys",
    summary: "from plugging in a USB key to its rights in a watch, on its node and on another",
    measure: measureUsbKeys,
  },
];

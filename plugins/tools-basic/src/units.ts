export type UnitKind =
  | 'length'
  | 'area'
  | 'mass'
  | 'volume'
  | 'temperature'
  | 'time'
  | 'speed'
  | 'energy'
  | 'data';

export interface Unit {
  readonly kind: UnitKind;
  /** In the base of its kind: metre, square metre, kilogram, litre, kelvin, second, metre per second, joule, byte. */
  readonly factor: number;
  /** Where its zero lies, in the base. Only temperatures have one. */
  readonly zero?: number;
}

function unit(kind: UnitKind, factor: number, zero = 0): Unit {
  return { kind, factor, zero };
}

/** Exact by definition where a standard defines them; gallons, pints and cups are those of the United States. */
export const units = {
  millimeter: unit('length', 0.001),
  centimeter: unit('length', 0.01),
  meter: unit('length', 1),
  kilometer: unit('length', 1_000),
  inch: unit('length', 0.0254),
  foot: unit('length', 0.3048),
  yard: unit('length', 0.9144),
  mile: unit('length', 1609.344),
  nautical_mile: unit('length', 1852),
  square_meter: unit('area', 1),
  square_foot: unit('area', 0.09290304),
  hectare: unit('area', 10_000),
  acre: unit('area', 4046.8564224),
  milligram: unit('mass', 0.000_001),
  gram: unit('mass', 0.001),
  kilogram: unit('mass', 1),
  tonne: unit('mass', 1_000),
  ounce: unit('mass', 0.028349523125),
  pound: unit('mass', 0.45359237),
  stone: unit('mass', 6.35029318),
  milliliter: unit('volume', 0.001),
  liter: unit('volume', 1),
  teaspoon: unit('volume', 0.00492892159375),
  tablespoon: unit('volume', 0.01478676478125),
  fluid_ounce: unit('volume', 0.0295735295625),
  cup: unit('volume', 0.2365882365),
  pint: unit('volume', 0.473176473),
  quart: unit('volume', 0.946352946),
  gallon: unit('volume', 3.785411784),
  kelvin: unit('temperature', 1),
  celsius: unit('temperature', 1, 273.15),
  fahrenheit: unit('temperature', 5 / 9, 459.67 * (5 / 9)),
  second: unit('time', 1),
  minute: unit('time', 60),
  hour: unit('time', 3_600),
  day: unit('time', 86_400),
  week: unit('time', 604_800),
  meter_per_second: unit('speed', 1),
  kilometer_per_hour: unit('speed', 1 / 3.6),
  mile_per_hour: unit('speed', 0.44704),
  knot: unit('speed', 1852 / 3600),
  joule: unit('energy', 1),
  kilojoule: unit('energy', 1_000),
  kilocalorie: unit('energy', 4_184),
  kilowatt_hour: unit('energy', 3_600_000),
  kilobyte: unit('data', 1e3),
  megabyte: unit('data', 1e6),
  gigabyte: unit('data', 1e9),
  terabyte: unit('data', 1e12),
} as const satisfies Readonly<Record<string, Unit>>;

export type UnitName = keyof typeof units;

export const unitNames = Object.keys(units) as UnitName[];

export function isUnitName(name: unknown): name is UnitName {
  return typeof name === 'string' && Object.hasOwn(units, name);
}

/** The amount in the other unit, or `undefined` where the two measure different things. */
export function convertUnits(value: number, from: UnitName, to: UnitName): number | undefined {
  const source: Unit = units[from];
  const target: Unit = units[to];
  if (source.kind !== target.kind) return undefined;
  if (from === to) return value;
  const base = value * source.factor + (source.zero ?? 0);
  // Twelve digits hide what binary fractions add: 20 °C are 68 °F, not 67.99999999999991.
  return Number(((base - (target.zero ?? 0)) / target.factor).toPrecision(12));
}

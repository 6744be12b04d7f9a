import type { Field, Type } from 'protobufjs';

const types = new WeakMap<Field, Type>();

/** Gives the type of a field as if it had no other: to write one, protobufjs goes through all fields of the type. */
export function typeOfFieldAlone(field: Field): Type {
  let type = types.get(field);
  if (!type) {
    type = Object.create(field.parent, { fieldsArray: { value: [field] } }) as Type;
    types.set(field, type);
  }
  return type;
}

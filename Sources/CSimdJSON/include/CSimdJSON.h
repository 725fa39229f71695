#ifdef __cplusplus
extern "C" {
#endif
int zubr_json_placeholder(void);
#ifdef __cplusplus
}
#endif
